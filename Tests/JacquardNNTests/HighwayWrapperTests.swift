import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct HighwayWrapperTests {
  @Test("one step is the formula's", arguments: Goldens.load("highway_wrapper"))
  func golden(_ golden: GoldenCase) throws {
    let isCoupled = try golden.flag("coupled")
    var variables = [
      ("basic_rnn_cell/kernel", "kernel"), ("basic_rnn_cell/bias", "bias"),
      ("carry_w", "carryKernel"), ("carry_b", "carryBias"),
    ]
    if !isCoupled {
      variables += [("transform_w", "transformKernel"), ("transform_b", "transformBias")]
    }
    let step = CellGolden(
      golden: golden, state: ["s"], variables: variables.map { (name: $0.0, key: $0.1) },
      output: "h")
    let cell = BasicRNNCell(units: Int(try golden.number("units")))
    try step.check(HighwayWrapper(cell, isCoupled: isCoupled))
  }

  @Test("a loop over ragged rows is each row unrolled", arguments: [false, true])
  func ragged(isCoupled: Bool) throws {
    try expectRaggedLoopIsUnrolled(
      HighwayWrapper(LSTMCell(units: 3), isCoupled: isCoupled), depth: 3)
  }

  @Test("variables are named as TensorFlow's; biases start at ±carryBias")
  func weights() throws {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float32, [nil, nil, 4], name: "x")
    let cell = HighwayWrapper(GRUCell(units: 4), isCoupled: false, carryBias: 1.5)
    let (outputs, state) = dynamicRNN(cell, x)
    try graph.validate()
    #expect(outputs.shape == [nil, nil, 4])
    #expect(state.shape == [nil, 4])
    let gates = Array(graph.variables.dropFirst(4))
    #expect(
      gates.map(\.name) == ["carry_w", "carry_b", "transform_w", "transform_b"].map { "rnn/\($0)" })
    #expect(gates.map(\.shape.known) == [[4, 4], [4], [4, 4], [4]])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let values = try gates.map { try session.value(of: $0) }
    #expect(values[1] == NDArray.full(1.5, dtype: .float32, shape: [4]))
    #expect(values[3] == NDArray.full(-1.5, dtype: .float32, shape: [4]))
    #expect(values[0] != values[2])
    let limit = (6.0 / 8).squareRoot()
    #expect(values[0].doubles().allSatisfy { abs($0) <= limit && $0 != 0 })
    #expect(HighwayWrapper(GRUCell(units: 4)).carryBias == 1)
  }

  @Test("the sizes are the cell's")
  func sizes() {
    let cell = HighwayWrapper(LSTMCell(units: 8, projection: 3))
    #expect(cell.outputSize == 3)
    #expect(cell.stateSize == LSTMState(c: 8, h: 3))
    #expect(cell.zeroState(batchSize: 2, in: Graph()).h.shape == [2, 3])
  }

  static let misuses = [
    Misuse.located("inputs of another width", says: ["float32[2, 3]", "float32[2, 4]", "as wide"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let cell = HighwayWrapper(GRUCell(units: 4))
      return line(of: cell(x, cell.zeroState(like: x)))
    }
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "HighwayWrapperTests.swift") }
}
