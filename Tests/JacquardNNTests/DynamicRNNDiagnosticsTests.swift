import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct DynamicRNNDiagnosticsTests {
  static let misuses = [
    Misuse("inputs of rank 2", says: ["float32[2, 3]", "rank 2", "[batch, steps, depth]"]) {
      _ = dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3]))
    },
    Misuse("time-major inputs of rank 1", says: ["rank 1", "[steps, batch, depth]"]) {
      _ = dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, [2]), timeMajor: true)
    },
    Misuse("inputs of unknown rank", says: ["the rank of the inputs is not known"]) {
      _ = dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, .unknown))
    },
    Misuse("unknown depth", says: ["the input size", "float32[2, 3, ?]"]) {
      _ = dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, nil]))
    },
    Misuse("a matrix of lengths", says: ["int32[2, 1]", "vector"]) {
      let lengths = $0.placeholder(.int32, [2, 1])
      _ = dynamicRNN(
        BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths)
    },
    Misuse("one length for all", says: ["int32[]", "vector"]) {
      let lengths = $0.placeholder(.int32, [])
      _ = dynamicRNN(
        BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths)
    },
    Misuse("too many lengths", says: ["3 entries", "2 batch rows"]) {
      let lengths = $0.placeholder(.int32, [3])
      _ = dynamicRNN(
        BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths)
    },
    Misuse("time-major lengths by the steps", says: ["2 entries", "3 batch rows"]) {
      let lengths = $0.placeholder(.int32, [2])
      _ = dynamicRNN(
        BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths,
        timeMajor: true)
    },
    Misuse("fractional lengths", says: ["float32[2]", "int32 or int64"]) {
      let lengths = $0.placeholder(.float32, [2])
      _ = dynamicRNN(
        BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), sequenceLength: lengths)
    },
    Misuse("integer inputs", says: ["floating-point inputs only", "int32[2, 3, 4]", "dtype"]) {
      _ = dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.int32, [2, 3, 4]))
    },
    Misuse("integer inputs and a dtype", says: ["floating-point inputs only", "int32[2, 4]"]) {
      _ = dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.int32, [2, 3, 4]), dtype: .float32)
    },
    Misuse("a dtype that is not the inputs'", says: ["float32[2, 3, 4]", "float64"]) {
      _ = dynamicRNN(BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), dtype: .float64)
    },
    Misuse("an initial state of another size", says: ["part 0", "float32[2, 3]", "[2, 2]"]) {
      let x = $0.placeholder(.float32, [2, 3, 4])
      let start = BasicLSTMCell(units: 3).zeroState(like: x)
      _ = dynamicRNN(BasicLSTMCell(units: 2), x, initialState: start)
    },
    Misuse("an initial state of other rows", says: ["part 0", "float32[5, 2]", "[2, 2]"]) {
      let cell = BasicLSTMCell(units: 2)
      let x = $0.placeholder(.float32, [2, 3, 4])
      _ = dynamicRNN(cell, x, initialState: cell.zeroState(batchSize: 5, in: $0))
    },
    Misuse("an initial state of another dtype", says: ["float64[2, 2]", "float32[2, 3, 4]"]) {
      let cell = BasicLSTMCell(units: 2)
      let x = $0.placeholder(.float32, [2, 3, 4])
      _ = dynamicRNN(
        cell, x, initialState: cell.zeroState(batchSize: 2, dtype: .float64, in: $0))
    },
    Misuse("no window", says: ["parallelIterations is 0"]) {
      _ = dynamicRNN(
        BasicLSTMCell(units: 2), $0.placeholder(.float32, [2, 3, 4]), parallelIterations: 0)
    },
    Misuse("a cell of another depth", says: ["5 elements per row", "made for 4"]) {
      let cell = BasicLSTMCell(units: 2)
      _ = dynamicRNN(cell, $0.placeholder(.float32, [2, 3, 4]))
      _ = dynamicRNN(cell, $0.placeholder(.float32, [2, 3, 5]), scope: "second")
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "DynamicRNNDiagnosticsTests.swift") }

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
