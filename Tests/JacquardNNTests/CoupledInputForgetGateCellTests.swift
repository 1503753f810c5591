import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct CoupledInputForgetGateCellTests {
  private static let scope = "coupled_input_forget_gate_lstm_cell"

  /// The variables in the order in which TensorFlow makes them, and their golden keys.
  private static func variables(
    layerNorm: Bool, peepholes: Bool, projected: Bool
  ) -> [(name: String, key: String)] {
    func norm(_ name: String) -> [(String, String)] {
      [("\(name)/gamma", name + "Gamma"), ("\(name)/beta", name + "Beta")]
    }
    var names = [("W_0", "kernel"), ("B", "bias")]
    if layerNorm { names += ["transform", "forget", "output"].flatMap(norm) }
    if peepholes { names += [("W_F_diag", "forgetPeephole"), ("W_O_diag", "outputPeephole")] }
    if layerNorm { names += norm("state") }
    if projected { names.append(("W_P_0", "projection")) }
    return names.map { (name: "\(scope)/\($0.0)", key: $0.1) }
  }

  @Test("one step is the formula's", arguments: Goldens.load("coupled_input_forget_gate_cell"))
  func golden(_ golden: GoldenCase) throws {
    let (layerNorm, peepholes, projected) = (
      try golden.flag("layerNorm"), try golden.flag("peepholes"), try golden.flag("projected")
    )
    let step = CellGolden(
      golden: golden, state: ["c", "h"],
      variables: Self.variables(
        layerNorm: layerNorm, peepholes: peepholes, projected: projected))
    try step.check(
      CoupledInputForgetGateCell(
        units: Int(try golden.number("units")), usePeepholes: peepholes,
        cellClip: try? golden.number("cellClip"),
        projection: projected ? Int(try golden.number("outputs")) : nil,
        projectionClip: try? golden.number("projectionClip"),
        forgetBias: try golden.number("forgetBias"), activation: try golden.activation,
        layerNorm: layerNorm))
  }

  @Test("a loop over ragged rows is each row unrolled", arguments: [false, true])
  func ragged(layerNorm: Bool) throws {
    try expectRaggedLoopIsUnrolled(
      CoupledInputForgetGateCell(
        units: 4, usePeepholes: true, projection: 3, layerNorm: layerNorm), depth: 2)
  }

  @Test("weights are shaped and initialised as TensorFlow's")
  func weights() throws {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float32, [nil, nil, 3], name: "x")
    let cell = CoupledInputForgetGateCell(
      units: 40, usePeepholes: true, projection: 5, layerNorm: true, normGain: 0.5,
      normShift: 0.25)
    let (outputs, state) = dynamicRNN(cell, x)
    try graph.validate()
    #expect(outputs.shape == [nil, nil, 5])
    #expect([state.c, state.h].map(\.shape) == [[nil, 40], [nil, 5]])
    #expect(graph.variables.first?.name == "rnn/\(Self.scope)/W_0")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let values = try graph.variables.map { try session.value(of: $0) }
    let norms = Array(repeating: [40], count: 6)
    #expect(
      values.map(\.shape) == [[8, 120], [120]] + norms + [[40], [40], [40], [40], [40, 5]])
    #expect(values[1] == .zeros(.float32, [120]))
    for index in [2, 4, 6, 10] { #expect(values[index].doubles().allSatisfy { $0 == 0.5 }) }
    for index in [3, 5, 7, 11] { #expect(values[index].doubles().allSatisfy { $0 == 0.25 }) }
    for (index, limit) in [(0, 6.0 / 128), (8, 3.0 / 40), (9, 3.0 / 40), (12, 6.0 / 45)] {
      let limit = limit.squareRoot()
      #expect(values[index].doubles().allSatisfy { abs($0) <= limit })
      #expect(values[index].doubles().contains { abs($0) > 0.8 * limit })
    }
  }

  @Test("sizes are told")
  func sizes() {
    let cell = CoupledInputForgetGateCell(units: 128, projection: 32)
    #expect(cell.outputSize == 32)
    #expect(cell.stateSize == LSTMState(c: 128, h: 32))
    #expect(CoupledInputForgetGateCell(units: 8).stateSize == LSTMState(c: 8, h: 8))
    let zero = cell.zeroState(batchSize: 2, in: Graph())
    #expect([zero.c, zero.h].map(\.shape) == [[2, 128], [2, 32]])
  }

  static let misuses = [
    Misuse.located("no units", says: ["0 units", "CoupledInputForgetGateCell"]) {
      let cell = CoupledInputForgetGateCell(units: 0)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("a projection to nothing", says: ["0 outputs"]) {
      let cell = CoupledInputForgetGateCell(units: 4, projection: 0)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("a negative clip", says: ["cellClip is -1.0", "nil not to clip"]) {
      let cell = CoupledInputForgetGateCell(units: 4, cellClip: -1)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("another input size", says: ["2 elements per row", "made for 3", "W_0"]) {
      let cell = CoupledInputForgetGateCell(units: 4)
      let x = $0.placeholder(.float32, [nil, 3])
      let narrow = $0.placeholder(.float32, [nil, 2])
      _ = cell(x, cell.zeroState(like: x))
      return line(of: cell(narrow, cell.zeroState(like: narrow)))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "CoupledInputForgetGateCellTests.swift") }
}
