import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// A cell whose state is a list, so that one of another length can be given.
private struct Accumulator: RNNCell {
  var outputSize: Int { 2 }
  var stateSize: Int { 2 }

  func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> [Tensor] { [part([2])] }

  func step(_ inputs: Tensor, _ state: [Tensor]) -> (output: Tensor, state: [Tensor]) {
    let sum = state[0] + inputs
    return (sum, [sum])
  }
}

@Suite struct DynamicRNNDiagnosticsTests {
  static let misuses = [
    Misuse.located("inputs of rank 2", says: ["float32[2, 3]", "rank 2", "[batch, steps, depth]"]) {
      line(of: dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3])))
    },
    Misuse.located("time-major inputs of rank 1", says: ["rank 1", "[steps, batch, depth]"]) {
      line(of: dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, [2]), timeMajor: true))
    },
    Misuse.located("inputs of unknown rank", says: ["the rank of the inputs is not known"]) {
      line(of: dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, .unknown)))
    },
    Misuse.located("unknown depth", says: ["the input size", "float32[2, 3, ?]"]) {
      line(of: dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, nil])))
    },
    Misuse.located("a matrix of lengths", says: ["int32[2, 1]", "vector"]) {
      let lengths = $0.placeholder(.int32, [2, 1])
      return lineBelow(
        of: dynamicRNN(
          BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths))
    },
    Misuse.located("one length for all", says: ["int32[]", "vector"]) {
      let lengths = $0.placeholder(.int32, [])
      return lineBelow(
        of: dynamicRNN(
          BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths))
    },
    Misuse.located("too many lengths", says: ["3 entries", "2 batch rows"]) {
      let lengths = $0.placeholder(.int32, [3])
      return lineBelow(
        of: dynamicRNN(
          BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths))
    },
    Misuse.located("time-major lengths by the steps", says: ["2 entries", "3 batch rows"]) {
      let lengths = $0.placeholder(.int32, [2])
      return lineBelow(
        of: dynamicRNN(
          BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths,
          timeMajor: true))
    },
    Misuse.located("fractional lengths", says: ["float32[2]", "int32 or int64"]) {
      let lengths = $0.placeholder(.float32, [2])
      return lineBelow(
        of: dynamicRNN(
          BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths))
    },
    Misuse.located(
      "integer inputs", says: ["floating-point inputs only", "int32[2, 3, 4]", "dtype"]
    ) {
      line(of: dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.int32, [2, 3, 4])))
    },
    Misuse.located(
      "integer inputs and a dtype", says: ["floating-point inputs only", "int32[2, 4]"]
    ) {
      lineBelow(
        of: dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.int32, [2, 3, 4]), dtype: .float32))
    },
    Misuse.located("a dtype that is not the inputs'", says: ["float32[2, 3, 4]", "float64"]) {
      lineBelow(
        of: dynamicRNN(
          BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), dtype: .float64))
    },
    Misuse.located("an initial state of another size", says: ["part 0", "float32[2, 3]", "[2, 2]"])
    {
      let x = $0.placeholder(.float32, [2, 3, 4])
      let start = BasicLSTMCell(units: 3).zeroState(like: x)
      return line(of: dynamicRNN(BasicLSTMCell(units: 2), x, initialState: start))
    },
    Misuse.located("an initial state of other rows", says: ["part 0", "float32[5, 2]", "[2, 2]"]) {
      let cell = BasicLSTMCell(units: 2)
      let x = $0.placeholder(.float32, [2, 3, 4])
      return line(of: dynamicRNN(cell, x, initialState: cell.zeroState(batchSize: 5, in: $0)))
    },
    Misuse.located(
      "an initial state of another dtype", says: ["float64[2, 2]", "float32[2, 3, 4]"]
    ) {
      let cell = BasicLSTMCell(units: 2)
      let x = $0.placeholder(.float32, [2, 3, 4])
      return lineBelow(
        of: dynamicRNN(cell, x, initialState: cell.zeroState(batchSize: 2, dtype: .float64, in: $0))
      )
    },
    Misuse.located("an initial state of other parts", says: ["has 2 parts", "state has 1"]) {
      let x = $0.placeholder(.float32, [2, 3, 2])
      let start = $0.zeros(.float32, [2, 2])
      return line(of: dynamicRNN(Accumulator(), x, initialState: [start, start]))
    },
    Misuse.located("an operator in the step of a cell", says: ["Add", "[2, 2]", "[2, 5]"]) {
      line(of: dynamicRNN(Accumulator(), $0.placeholder(.float32, [2, 3, 5])))
    },
    Misuse.located("no window", says: ["parallelIterations is 0"]) {
      lineBelow(
        of: dynamicRNN(
          BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), parallelIterations: 0))
    },
    Misuse.located("a cell of another depth", says: ["5 elements per row", "made for 4"]) {
      let cell = BasicLSTMCell(units: 2)
      _ = dynamicRNN(cell, $0.placeholder(.float32, [2, 3, 4]))
      return line(of: dynamicRNN(cell, $0.placeholder(.float32, [2, 3, 5]), scope: "second"))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "DynamicRNNDiagnosticsTests.swift") }

  @Test("lengths and states that are fed for other rows name the line of the network")
  func fedRows() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3, 4])
    let lengths = graph.placeholder(.int32, [nil])
    let h = graph.placeholder(.float32, [nil, 2])
    let start = LSTMState(c: h, h: h)
    let (first, firstLine) = located(
      dynamicRNN(BasicLSTMCell(units: 2), x, sequenceLength: lengths, scope: "first").outputs)
    let (second, secondLine) = located(
      dynamicRNN(BasicLSTMCell(units: 2), x, initialState: start, scope: "second").outputs)
    let error = #expect(throws: GraphError.self) {
      let values = [[5, 3, 4], [6], [7, 2]].enumerated().map { index, shape in
        NDArray.zeros(index == 1 ? .int32 : .float32, shape)
      }
      try Session(graph).run([first, second], feeding: [[x, lengths, h]: values])
    }
    let diagnostics = try #require(error?.diagnostics)
    #expect(
      diagnostics.map { $0.line } == [firstLine + 1, secondLine + 1].map { Int($0) },
      "\(diagnostics.map(\.description))")
    #expect(diagnostics[0].message.contains("6 entries"), "\(diagnostics[0])")
    #expect(diagnostics.allSatisfy { $0.remedy != nil })
  }

  @Test("what cannot be built still has the shapes that are known")
  func standIns() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3, nil])
    let (outputs, state) = dynamicRNN(BasicLSTMCell(units: 4), x)
    #expect(outputs.isInvalid && state.c.isInvalid && state.h.isInvalid)
    #expect(outputs.shape == [2, 3, 4])
    #expect(state.h.shape == [nil, 4])
    _ = outputs.sum() + state.h.sum()
    #expect(graph.diagnostics.count == 1)
    #expect(throws: GraphError.self) { try Session(graph).run(graph.variablesInitializer) }
  }
}
