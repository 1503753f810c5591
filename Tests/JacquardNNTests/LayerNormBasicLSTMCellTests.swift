import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct LayerNormBasicLSTMCellTests {
  private static let scope = "layer_norm_basic_lstm_cell"
  private static let norms = ["input", "transform", "forget", "output", "state"]

  private static func variables(layerNorm: Bool) -> [(name: String, key: String)] {
    let names =
      layerNorm
      ? norms.flatMap { [("\($0)/gamma", $0 + "Gamma"), ("\($0)/beta", $0 + "Beta")] }
      : [("bias", "bias")]
    return ([("kernel", "kernel")] + names).map { (name: "\(scope)/\($0.0)", key: $0.1) }
  }

  @Test("one step is the formula's", arguments: Goldens.load("layer_norm_basic_lstm_cell"))
  func golden(_ golden: GoldenCase) throws {
    let layerNorm = try golden.flag("layerNorm")
    let step = CellGolden(
      golden: golden, state: ["c", "h"], variables: Self.variables(layerNorm: layerNorm))
    try step.check(
      LayerNormBasicLSTMCell(
        units: Int(try golden.number("units")), forgetBias: try golden.number("forgetBias"),
        activation: try golden.activation, layerNorm: layerNorm))
  }

  @Test("a loop over ragged rows is each row unrolled", arguments: [false, true])
  func ragged(layerNorm: Bool) throws {
    try expectRaggedLoopIsUnrolled(
      LayerNormBasicLSTMCell(units: 4, layerNorm: layerNorm), depth: 2)
  }

  @Test("weights are shaped and initialised as TensorFlow's, the bias at random")
  func weights() throws {
    for layerNorm in [true, false] {
      let graph = Graph(seed: 3)
      let x = graph.placeholder(.float32, [nil, nil, 3], name: "x")
      let cell = LayerNormBasicLSTMCell(
        units: 30, layerNorm: layerNorm, normGain: 2, normShift: -1)
      let (outputs, state) = dynamicRNN(cell, x)
      try graph.validate()
      #expect(outputs.shape == [nil, nil, 30])
      #expect([state.c, state.h].map(\.shape) == [[nil, 30], [nil, 30]])
      #expect(
        graph.variables.map(\.name)
          == Self.variables(layerNorm: layerNorm).map { "rnn/\($0.name)" })
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      let values = try graph.variables.map { try session.value(of: $0) }
      #expect(values[0].shape == [33, 120])
      if layerNorm {
        for index in stride(from: 1, to: 11, by: 2) {
          #expect(values[index] == NDArray.full(2, dtype: .float32, shape: [30]))
          #expect(values[index + 1] == NDArray.full(-1, dtype: .float32, shape: [30]))
        }
      } else {
        let limit = (3.0 / 120).squareRoot()
        #expect(values[1].shape == [120])
        #expect(values[1].doubles().allSatisfy { abs($0) <= limit })
        #expect(values[1].doubles().contains { abs($0) > 0.8 * limit })
      }
    }
  }

  @Test("without normalization it is the basic cell")
  func plain() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [3, 4], name: "x")
    let start = LSTMState(
      c: graph.constant(noise([3, 5], seed: 1)), h: graph.constant(noise([3, 5], seed: 2)))
    let cell = LayerNormBasicLSTMCell(units: 5, layerNorm: false)
    let (plain, basic) = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
      (cell(x, start).state, BasicLSTMCell(units: 5)(x, start).state)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    // The basic cell's bias starts at 0, whatever the scope says.
    try session.assign(graph.variables[3], session.value(of: graph.variables[1]))
    let (a, b) = try session.run(plain, basic, feeding: [x: noise([3, 4], seed: 7)])
    #expect(a == b)
  }

  /// The memory after one step from 0, without normalization, where gates are σ(1) and σ(0) whatever the inputs, and candidates 1:
  /// σ(0) · dropout(1).
  private func memory(_ keep: any KeepProbability, feeding feeds: Feeds, in graph: Graph) throws
    -> [Double]
  {
    let x = graph.constant(NDArray.full(1, dtype: .float64, shape: [40, 1]))
    let cell = LayerNormBasicLSTMCell(
      units: 50, activation: { $0 * 0 + 1 }, layerNorm: false, dropoutKeepProbability: keep)
    let next = graph.variableScope("m", initializer: .zeros) { cell(x, cell.zeroState(like: x)) }
    try graph.validate()
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (c, h) = try session.run(next.state.c, next.output, feeding: feeds)
    // The output is activation(c) ∘ σ(o): dropout takes nothing from it.
    #expect(h.doubles().allSatisfy { $0 == 0.5 })
    return c.doubles()
  }

  @Test("dropout takes candidates, and nothing else")
  func dropout() throws {
    let dropped = try memory(0.8, feeding: [:], in: Graph())
    #expect(Set(dropped) == [0, 0.5 / 0.8])
    // 2000 draws: 1600 ± 18 are kept.
    #expect(abs(dropped.filter { $0 != 0 }.count - 1600) < 90)
    let graph = Graph()
    let keep = graph.placeholder(.float32, [], name: "keep")
    #expect(Set(try memory(keep, feeding: [keep: 1.0], in: graph)) == [0.5])
  }

  @Test("dropout in a loop is drawn anew in each step, and never takes from the memory")
  func dropoutInLoop() throws {
    let graph = Graph(seed: 2)
    let x = graph.constant(NDArray.zeros(.float64, [3, 6, 1]))
    let cell = LayerNormBasicLSTMCell(
      units: 20, forgetBias: 1000, activation: { $0 * 0 + 1 }, layerNorm: false,
      dropoutKeepProbability: 0.5)
    let state = graph.variableScope("m", initializer: .zeros) { dynamicRNN(cell, x).state }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    // Nothing is forgotten, so c counts how often of 6 times a candidate, 2 · σ(0), was kept.
    let counts = try session.run(state.c).doubles()
    #expect(counts.allSatisfy { (0...6).contains($0) && $0 == $0.rounded() })
    #expect(Set(counts).count > 3)
  }

  @Test("sizes are told")
  func sizes() {
    let cell = LayerNormBasicLSTMCell(units: 12)
    #expect(cell.outputSize == 12)
    #expect(cell.stateSize == LSTMState(c: 12, h: 12))
    #expect(cell.zeroState(batchSize: 2, in: Graph()).c.shape == [2, 12])
  }

  static let misuses = [
    Misuse.located("no units", says: ["0 units", "LayerNormBasicLSTMCell"]) {
      let cell = LayerNormBasicLSTMCell(units: 0)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("a state of another size", says: ["the state's c", "float32[2, 5]"]) {
      let cell = LayerNormBasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, BasicLSTMCell(units: 5).zeroState(like: x)))
    },
    Misuse.located("a probability of 0", says: ["0.0", "above 0"]) {
      let cell = LayerNormBasicLSTMCell(units: 4, dropoutKeepProbability: 0.0)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "LayerNormBasicLSTMCellTests.swift") }
}
