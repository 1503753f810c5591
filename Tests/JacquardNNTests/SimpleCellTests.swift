import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct BasicRNNCellTests {
  @Test("one step is TensorFlow's", arguments: Goldens.load("basic_rnn_cell"))
  func golden(_ golden: GoldenCase) throws {
    let step = CellGolden(
      golden: golden, state: ["h"],
      variables: [("basic_rnn_cell/kernel", "kernel"), ("basic_rnn_cell/bias", "bias")])
    try step.check(
      BasicRNNCell(units: Int(try golden.number("units")), activation: try golden.activation))
  }

  @Test("weights are named, shaped and initialised as TensorFlow's")
  func weights() throws {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float32, [nil, nil, 3], name: "x")
    _ = dynamicRNN(BasicRNNCell(units: 4), x)
    try graph.validate()
    #expect(
      graph.variables.map(\.name) == ["rnn/basic_rnn_cell/kernel", "rnn/basic_rnn_cell/bias"])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let kernel = try session.value(of: graph.variables[0])
    let limit = (6.0 / Double(7 + 4)).squareRoot()
    #expect(kernel.shape == [7, 4])
    #expect(kernel.doubles().allSatisfy { abs($0) <= limit })
    #expect(kernel.doubles().contains { abs($0) > limit / 2 })
    #expect(try session.value(of: graph.variables[1]) == .zeros(.float32, [4]))
  }

  @Test("sizes are told")
  func sizes() {
    let cell = BasicRNNCell(units: 5)
    #expect(cell.outputSize == 5)
    #expect(cell.stateSize == 5)
  }
}

@Suite struct GRUCellTests {
  private static let names = [
    "gru_cell/gates/kernel", "gru_cell/gates/bias", "gru_cell/candidate/kernel",
    "gru_cell/candidate/bias",
  ]

  @Test("one step is TensorFlow's", arguments: Goldens.load("gru_cell"))
  func golden(_ golden: GoldenCase) throws {
    let keys = ["gateKernel", "gateBias", "candidateKernel", "candidateBias"]
    let step = CellGolden(
      golden: golden, state: ["h"], variables: zip(Self.names, keys).map { (name: $0, key: $1) })
    try step.check(
      GRUCell(units: Int(try golden.number("units")), activation: try golden.activation))
  }

  private func initialValues(_ cell: GRUCell, scope: Initializer? = nil) throws -> [NDArray] {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float64, [nil, 3], name: "x")
    graph.variableScope("m", initializer: scope) { _ = cell(x, cell.zeroState(like: x)) }
    try graph.validate()
    #expect(graph.variables.map(\.name) == Self.names.map { "m/\($0)" })
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    return try graph.variables.map { try session.value(of: $0) }
  }

  @Test("gates start half open: their bias is 1, that of the candidates 0")
  func weights() throws {
    let values = try initialValues(GRUCell(units: 4))
    #expect(values.map(\.shape) == [[7, 8], [8], [7, 4], [4]])
    #expect(values[1] == NDArray.full(1, dtype: .float64, shape: [8]))
    #expect(values[3] == .zeros(.float64, [4]))
    for (kernel, columns) in [(values[0], 8), (values[2], 4)] {
      let limit = (6.0 / Double(7 + columns)).squareRoot()
      #expect(kernel.doubles().allSatisfy { abs($0) <= limit })
      #expect(kernel.doubles().contains { abs($0) > limit / 2 })
    }
  }

  @Test("initializers given replace all four")
  func initializers() throws {
    let cell = GRUCell(
      units: 2, kernelInitializer: .constant(0.25), biasInitializer: .constant(-2))
    let values = try initialValues(cell, scope: .constant(9))
    for (value, expected) in zip(values, [0.25, -2, 0.25, -2]) {
      #expect(value.doubles().allSatisfy { $0 == expected })
    }
    // The scope's initializer is for kernels only: biases have their own.
    let inherited = try initialValues(GRUCell(units: 2), scope: .constant(9))
    for (value, expected) in zip(inherited, [9.0, 1, 9, 0]) {
      #expect(value.doubles().allSatisfy { $0 == expected })
    }
  }
}

@Suite struct SimpleCellDiagnosticsTests {
  static let misuses = [
    Misuse("no units", says: ["0 units", "BasicRNNCell"]) {
      let cell = BasicRNNCell(units: 0)
      let x = $0.placeholder(.float32, [2, 3])
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("a state of another size", says: ["the state's h", "float32[2, 5]", "float32[2, 4]"]) {
      let x = $0.placeholder(.float32, [2, 3])
      _ = GRUCell(units: 4)(x, GRUCell(units: 5).zeroState(like: x))
    },
    Misuse("another input size", says: ["2 elements per row", "gru_cell/gates/kernel"]) {
      let cell = GRUCell(units: 4)
      for size in [3, 2] {
        let x = $0.placeholder(.float32, [nil, size])
        _ = cell(x, cell.zeroState(like: x))
      }
    },
    Misuse("a negative clip", says: ["cellClip is -1.0", "nil not to clip"]) {
      let cell = LSTMCell(units: 4, cellClip: -1)
      let x = $0.placeholder(.float32, [2, 3])
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("a clip that is no number", says: ["projectionClip is nan"]) {
      let cell = LSTMCell(units: 4, projection: 2, projectionClip: .nan)
      let x = $0.placeholder(.float32, [2, 3])
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("a projection to nothing", says: ["0 outputs"]) {
      let cell = LSTMCell(units: 4, projection: 0)
      let x = $0.placeholder(.float32, [2, 3])
      _ = cell(x, cell.zeroState(like: x))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "SimpleCellTests.swift") }
}
