import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct BidirectionalDynamicRNNTests {
  @Test("variables are named fw and bw, as TensorFlow's")
  func names() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, nil, 3], name: "x")
    let (outputs, states) = bidirectionalDynamicRNN(LSTMCell(units: 4), GRUCell(units: 2), x)
    try graph.validate()
    #expect(outputs.forward.shape == [nil, nil, 4])
    #expect(outputs.backward.shape == [nil, nil, 2])
    #expect(states.forward.h.shape == [nil, 4])
    #expect(states.backward.shape == [nil, 2])
    #expect(
      graph.variables.map(\.name)
        == [
          "fw/lstm_cell/kernel", "fw/lstm_cell/bias", "bw/gru_cell/gates/kernel",
          "bw/gru_cell/gates/bias", "bw/gru_cell/candidate/kernel", "bw/gru_cell/candidate/bias",
        ].map { "bidirectional_rnn/\($0)" })
  }

  /// With the same weights, backward over a row is forward over the row turned round within its length.
  @Test(
    "backward reads each row from its own end", arguments: [nil, [5, 0, 3, 1]], [false, true])
  func backward(lengths: [Int]?, timeMajor: Bool) throws {
    let graph = Graph()
    func oriented(_ array: NDArray) -> NDArray {
      timeMajor ? array.transposed([1, 0, 2]) : array
    }
    let x = graph.placeholder(.float64, [nil, nil, 3], name: "x")
    let fed = lengths.map { _ in graph.placeholder(.int32, [nil], name: "lengths") }
    let start = LSTMState(
      c: graph.constant(noise([4, 2], seed: 1)), h: graph.constant(noise([4, 2], seed: 2)))
    let (outputs, states) = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
      bidirectionalDynamicRNN(
        LSTMCell(units: 2), LSTMCell(units: 2), x, sequenceLength: fed,
        initialForwardState: start, initialBackwardState: start, timeMajor: timeMajor)
    }
    let slopes = [outputs.forward, outputs.backward].map {
      graph.gradient(of: square($0).sum(), withRespectTo: x)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([4, 5, 3], seed: 3)
    func turned(_ array: NDArray) -> NDArray {
      NDArray.stack(
        (0..<4).map { row in
          let length = lengths?[row] ?? 5
          return NDArray.stack(
            (0..<5).map { array[row][$0 < length ? length - 1 - $0 : $0] })
        })
    }
    func run(_ input: NDArray) throws -> (
      outputs: Directions<NDArray, NDArray>,
      states: Directions<LSTMState<NDArray>, LSTMState<NDArray>>, slopes: [NDArray]
    ) {
      var feeds: Feeds = [x: oriented(input)]
      if let fed, let lengths { feeds = feeds.feed(fed, NDArray(lengths.map { Int32($0) })) }
      let (values, last, found) = try session.run(outputs, states, slopes, feeding: feeds)
      return (
        Directions(forward: oriented(values.forward), backward: oriented(values.backward)), last,
        found.map(oriented)
      )
    }
    let (there, back) = (try run(input), try run(turned(input)))
    #expect(there.outputs.backward == turned(back.outputs.forward))
    #expect(there.states.backward == back.states.forward)
    #expect(there.slopes[1] == turned(back.slopes[0]))
    #expect(there.outputs.backward != there.outputs.forward)
    if let lengths {
      for (row, length) in lengths.enumerated() {
        for step in length..<5 {
          #expect(there.outputs.backward[row][step] == .zeros(.float64, [2]))
        }
      }
      #expect(there.states.backward.c[1] == noise([4, 2], seed: 1)[1])
    }
  }

  static let misuses = [
    Misuse("inputs of rank 2", says: ["float32[2, 3]", "rank 2"]) {
      _ = bidirectionalDynamicRNN(
        GRUCell(units: 2), GRUCell(units: 2), $0.placeholder(.float32, [2, 3]))
    },
    Misuse("too many lengths", says: ["3 entries", "2 batch rows"]) {
      let lengths = $0.placeholder(.int32, [3])
      _ = bidirectionalDynamicRNN(
        GRUCell(units: 2), GRUCell(units: 2), $0.placeholder(.float32, [2, 3, 4]),
        sequenceLength: lengths)
    },
    Misuse("an initial state of other rows", says: ["part 0", "float32[5, 2]", "[2, 2]"]) {
      let cell = GRUCell(units: 2)
      _ = bidirectionalDynamicRNN(
        GRUCell(units: 2), cell, $0.placeholder(.float32, [2, 3, 4]),
        initialBackwardState: cell.zeroState(batchSize: 5, in: $0))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "BidirectionalDynamicRNNTests.swift") }
}
