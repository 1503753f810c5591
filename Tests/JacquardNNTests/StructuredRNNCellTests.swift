import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// Two streams in, two out: two cells, and the second also reads the output of the first.
private struct TwoStreams: StructuredRNNCell {
  let first = GRUCell(units: 3, name: "first")
  let second = BasicLSTMCell(units: 2, name: "second")

  var stateSize: States<Int, LSTMState<Int>> { States(first.stateSize, second.stateSize) }

  func makeState(_ part: ([Int]) -> Tensor) -> States<Tensor, LSTMState<Tensor>> {
    States(first.makeState(part), second.makeState(part))
  }

  func makeOutput(_ part: ([Int]) -> Tensor) -> [Tensor] { [part([3]), part([2])] }

  func step(
    _ inputs: States<Tensor, Tensor>, _ state: States<Tensor, LSTMState<Tensor>>
  ) -> (output: [Tensor], state: States<Tensor, LSTMState<Tensor>>) {
    let (a, b) = first(inputs.parts.0, state.parts.0)
    let (c, d) = second(concatenate([inputs.parts.1, a], axis: 1), state.parts.1)
    return ([a, c], States(b, d))
  }
}

@Suite struct StructuredRNNCellTests {
  /// The same network of two ordinary ones, one after the other.
  @Test(
    "structures go in and come out",
    arguments: RaggedBatch.all.filter { $0.steps > 0 && $0.dtype == .float64 })
  func structures(rows: RaggedBatch) throws {
    try rows.check { x, lengths in
      let cell = TwoStreams()
      let start = cell.makeState { x.graph.constant(rows.values([rows.batch] + $0, seed: $0[0])) }
      let y = sin(x).slice(axis: 2, range: 0..<2)
      let both = dynamicRNN(
        cell, States(x, y), sequenceLength: lengths, initialState: start)
      let first = dynamicRNN(
        cell.first, x, sequenceLength: lengths, initialState: start.parts.0, scope: "1")
      let second = dynamicRNN(
        cell.second, concatenate([y, first.outputs], axis: 2), sequenceLength: lengths,
        initialState: start.parts.1, scope: "2")
      let steps = zip(
        x.unstacked(count: rows.steps, axis: 1), y.unstacked(count: rows.steps, axis: 1)
      ).map { States($0, $1) }
      let unrolled = staticRNN(
        cell, steps, initialState: start, sequenceLength: lengths, scope: "static")
      let stacked = (0..<2).map { part in stack(unrolled.outputs.map { $0[part] }, axis: 1) }
      let expected = [first.outputs, second.outputs, first.state] + second.state.tensors
      return (
        Array(
          zip(
            expected + expected,
            both.outputs + both.state.tensors + stacked + unrolled.state.tensors)),
        start.tensors
      )
    }
  }

  @Test("both directions read structures, each row from its own end")
  func bidirectional() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil, 3], name: "x")
    let y = graph.placeholder(.float64, [nil, nil, 2], name: "y")
    let lengths = graph.constant(NDArray([2, 4, 0] as [Int32]))
    let cell = TwoStreams()
    let (outputs, states) = bidirectionalDynamicRNN(
      cell, cell, States(x, y), sequenceLength: lengths)
    func turned(_ x: Tensor) -> Tensor {
      x.reverseSequence(lengths: lengths, sequenceAxis: 1, batchAxis: 0)
    }
    let forward = dynamicRNN(cell, States(turned(x), turned(y)), sequenceLength: lengths)
    try graph.validate()
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b, s, t) = try session.run(
      outputs.backward, forward.outputs.map(turned), states.backward, forward.state,
      feeding: [x: noise([3, 4, 3], seed: 1), y: noise([3, 4, 2], seed: 2)])
    #expect(a == b)
    #expect(s == t)
    #expect(a[1].doubles().contains { $0 != 0 })
  }

  static let misuses = [
    Misuse.located(
      "parts of other steps", says: ["DynamicRNN", "number of steps", "[2, 3, 4]", "[2, 5, 4]"]
    ) {
      let (x, y) = ($0.placeholder(.float32, [2, 3, 4]), $0.placeholder(.float32, [2, 5, 4]))
      return line(of: dynamicRNN(TwoStreams(), States(x, y)))
    },
    Misuse.located("parts of other rows", says: ["number of batch rows", "[2, 3, 4]", "[6, 3, 4]"])
    {
      let (x, y) = ($0.placeholder(.float32, [2, 3, 4]), $0.placeholder(.float32, [6, 3, 4]))
      return line(of: dynamicRNN(TwoStreams(), States(x, y)))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "StructuredRNNCellTests.swift") }

  @Test("what cannot be built has the cell's structure")
  func standIns() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3])
    let (outputs, state) = dynamicRNN(TwoStreams(), States(x, x))
    #expect(outputs.map(\.shape) == [[2, 3, 3], [2, 3, 2]])
    #expect(state.tensors.map(\.isInvalid) == [true, true, true])
    #expect(graph.diagnostics.count == 1)
  }
}
