import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct LSTMCellTests {
  private static let peepholes = ["w_f_diag", "w_i_diag", "w_o_diag"]

  @Test("one step is TensorFlow's", arguments: Goldens.load("lstm_cell"))
  func golden(_ golden: GoldenCase) throws {
    let (hasPeepholes, isProjected) = (
      try golden.flag("peepholes"), try golden.flag("projected")
    )
    var variables = [("lstm_cell/kernel", "kernel"), ("lstm_cell/bias", "bias")]
    if hasPeepholes {
      let keys = ["forgetPeephole", "inputPeephole", "outputPeephole"]
      variables += zip(Self.peepholes, keys).map { ("lstm_cell/\($0)", $1) }
    }
    if isProjected { variables.append(("lstm_cell/projection/kernel", "projection")) }
    let step = CellGolden(
      golden: golden, state: ["c", "h"], variables: variables.map { (name: $0.0, key: $0.1) })
    try step.check(
      LSTMCell(
        units: Int(try golden.number("units")), usePeepholes: hasPeepholes,
        cellClip: try? golden.number("cellClip"),
        projection: isProjected ? Int(try golden.number("outputs")) : nil,
        projectionClip: try? golden.number("projectionClip"),
        forgetBias: try golden.number("forgetBias"), activation: try golden.activation))
  }

  @Test("weights are named, shaped and initialised as TensorFlow's")
  func weights() throws {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float32, [nil, nil, 3], name: "x")
    let cell = LSTMCell(units: 40, usePeepholes: true, projection: 5)
    let (outputs, state) = dynamicRNN(cell, x)
    try graph.validate()
    #expect(outputs.shape == [nil, nil, 5])
    #expect([state.c, state.h].map(\.shape) == [[nil, 40], [nil, 5]])
    let names = ["kernel", "bias"] + Self.peepholes + ["projection/kernel"]
    #expect(graph.variables.map(\.name) == names.map { "rnn/lstm_cell/\($0)" })
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let values = try graph.variables.map { try session.value(of: $0) }
    #expect(values.map(\.shape) == [[8, 160], [160], [40], [40], [40], [40, 5]])
    #expect(values[1] == .zeros(.float32, [160]))
    let limits = [6.0 / 168, 0, 3.0 / 40, 3.0 / 40, 3.0 / 40, 6.0 / 45].map { $0.squareRoot() }
    for index in [0, 2, 3, 4, 5] {
      #expect(values[index].doubles().allSatisfy { abs($0) <= limits[index] })
      #expect(values[index].doubles().contains { abs($0) > 0.8 * limits[index] })
    }
  }

  @Test("the initializer is that of all weights but the bias")
  func initializer() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    let cell = LSTMCell(
      units: 2, usePeepholes: true, initializer: .constant(0.5), projection: 1)
    _ = graph.variableScope("m", initializer: .constant(9)) { cell(x, cell.zeroState(like: x)) }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for (variable, expected) in zip(graph.variables, [0.5, 0, 0.5, 0.5, 0.5, 0.5]) {
      #expect(try session.value(of: variable).doubles().allSatisfy { $0 == expected })
    }
  }

  @Test("without options it is the basic cell, bit by bit")
  func basic() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [3, 4], name: "x")
    let start = LSTMState(
      c: graph.constant(noise([3, 5], seed: 1)), h: graph.constant(noise([3, 5], seed: 2)))
    let (plain, basic) = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
      (LSTMCell(units: 5)(x, start).state, BasicLSTMCell(units: 5)(x, start).state)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b) = try session.run(plain, basic, feeding: [x: noise([3, 4], seed: 7)])
    #expect(a == b)
  }

  @Test("sizes are told")
  func sizes() {
    let cell = LSTMCell(units: 128, projection: 32)
    #expect(cell.outputSize == 32)
    #expect(cell.stateSize == LSTMState(c: 128, h: 32))
    #expect(LSTMCell(units: 128).stateSize == LSTMState(c: 128, h: 128))
  }
}
