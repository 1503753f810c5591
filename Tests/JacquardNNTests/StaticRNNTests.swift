import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct StaticRNNTests {
  @Test(
    "unrolled and looped are the same, ragged rows and gradients included",
    arguments: [nil, [5, 0, 3, 1]])
  func dynamic(lengths: [Int32]?) throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [4, 5, 3], name: "x")
    let lengths = lengths.map { graph.constant(NDArray($0)) }
    let cell = MultiRNNCell(LSTMCell(units: 4, usePeepholes: true), SineCell(units: 2))
    let start = cell.makeState { graph.constant(noise([4] + $0, seed: $0[0])) }
    let looped = dynamicRNN(cell, x, sequenceLength: lengths, initialState: start)
    let unrolled = staticRNN(
      cell, x.unstacked(count: 5, axis: 1), initialState: start, sequenceLength: lengths,
      scope: "static")
    try graph.validate()
    let targets = [x] + graph.variables + start.tensors
    let stacked = stack(unrolled.outputs, axis: 1)
    let slopes = [[looped.outputs] + looped.state.tensors, [stacked] + unrolled.state.tensors].map {
      graph.gradients(of: [weightedSum($0)], withRespectTo: targets).compactMap(\.self)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b, s, t, d, e) = try session.run(
      looped.outputs, stacked, looped.state.tensors, unrolled.state.tensors, slopes[0], slopes[1],
      feeding: [x: noise([4, 5, 3], seed: 3)])
    expectClose(b, a, tolerance: 1e-13)
    for (s, t) in zip(s, t) { expectClose(t, s, tolerance: 1e-13) }
    #expect(d.count == targets.count && e.count == targets.count)
    for (d, e) in zip(d, e) { expectClose(e, d, tolerance: 1e-11) }
    #expect(d.allSatisfy { $0.doubles().contains { $0 != 0 } })
  }

  @Test("names are TensorFlow's, and zero states have as many rows as are fed")
  func names() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3, 2], name: "x")
    let (outputs, state) = staticRNN(GRUCell(units: 4), x.unstacked(count: 3, axis: 1))
    try graph.validate()
    #expect(graph.variables.map(\.name).first == "rnn/gru_cell/gates/kernel")
    #expect(outputs.map(\.shape) == [[nil, 4], [nil, 4], [nil, 4]])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (values, last) = try session.run(
      outputs, state, feeding: [x: noise([6, 3, 2], seed: 1, .float32)])
    #expect(values[2] == last)
    #expect(last.shape == [6, 4])
  }

  @Test("a length past the steps fails the run")
  func outOfRange() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3, 2], name: "x")
    let lengths = graph.placeholder(.int32, [nil], name: "lengths")
    let (_, state) = staticRNN(
      GRUCell(units: 4), x.unstacked(count: 3, axis: 1), sequenceLength: lengths)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([2, 3, 2], seed: 1, .float32)
    _ = try session.run(state, feeding: [x: input, lengths: [3, 0]])
    let error = #expect(throws: SessionError.self) {
      try session.run(state, feeding: [x: input, lengths: [3, 4]])
    }
    #expect(try #require(error).description.contains("the length 4 is outside 0...3"))
  }

  static let misuses = [
    Misuse("lengths of other rows", says: ["3 entries", "2 batch rows"]) {
      let x = $0.placeholder(.float32, [2, 4])
      let lengths = $0.placeholder(.int32, [3])
      _ = staticRNN(GRUCell(units: 2), [x, x], sequenceLength: lengths)
    },
    Misuse("an initial state of another size", says: ["part 0", "float32[2, 3]", "[2, 2]"]) {
      let x = $0.placeholder(.float32, [2, 4])
      let start = GRUCell(units: 3).zeroState(like: x)
      _ = staticRNN(GRUCell(units: 2), [x, x], initialState: start)
    },
    Misuse("steps of different shapes", says: ["float32[2, 4]", "float32[2, 3]"]) {
      let steps = [4, 3].map { $0 }
      let graph = $0
      _ = staticRNN(GRUCell(units: 2), steps.map { graph.placeholder(.float32, [2, $0]) })
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "StaticRNNTests.swift") }
}
