import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct DepthGatedLSTMCellTests {
  /// The variables of the layers in order, and their golden keys.
  private static func variables(layers: Int) -> [(name: String, key: String)] {
    (0..<layers).flatMap { layer in
      var names = [
        ("kernel", "kernel"), ("bias", "bias"), ("w_f_diag", "forgetPeephole"),
        ("w_i_diag", "inputPeephole"), ("w_o_diag", "outputPeephole"),
      ]
      if layer > 0 {
        names += [
          ("kernel", "depthKernel"), ("bias", "depthBias"), ("w_c_diag", "depthMemory"),
          ("w_l_diag", "depthLower"),
        ].map { ("depth_gate/\($0.0)", $0.1) }
      }
      return names.map {
        (name: "depth_gated_lstm_cell/layer_\(layer)/\($0.0)", key: "\($0.1)\(layer)")
      }
    }
  }

  @Test("one step is the formula's", arguments: Goldens.load("depth_gated_lstm_cell"))
  func golden(_ golden: GoldenCase) throws {
    let layers = Int(try golden.number("layers"))
    let step = CellGolden(
      golden: golden, state: (0..<layers).flatMap { ["c\($0)", "h\($0)"] },
      variables: Self.variables(layers: layers))
    try step.check(
      DepthGatedLSTMCell(
        units: Int(try golden.number("units")), layers: layers,
        forgetBias: try golden.number("forgetBias")))
  }

  @Test("a loop over ragged rows is each row unrolled", arguments: [1, 3])
  func ragged(layers: Int) throws {
    try expectRaggedLoopIsUnrolled(DepthGatedLSTMCell(units: 3, layers: layers), depth: 2)
  }

  @Test("one layer is an LSTM with peepholes")
  func oneLayer() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [3, 4], name: "x")
    let start = LSTMState(
      c: graph.constant(noise([3, 5], seed: 1)), h: graph.constant(noise([3, 5], seed: 2)))
    let (single, plain) = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
      (
        DepthGatedLSTMCell(units: 5, layers: 1)(x, [start]).state,
        LSTMCell(units: 5, usePeepholes: true)(x, start).state
      )
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b) = try session.run(single[0], plain, feeding: [x: noise([3, 4], seed: 7)])
    expectClose(a.c, b.c, tolerance: 1e-15)
    expectClose(a.h, b.h, tolerance: 1e-15)
  }

  @Test("an open depth gate passes the memory of the layer below on, a closed one keeps it out")
  func gate() throws {
    for (bias, expected) in [(100.0, 0.5), (-100.0, 0.0)] {
      let graph = Graph()
      let x = graph.constant(NDArray.zeros(.float64, [2, 1]))
      let cell = DepthGatedLSTMCell(units: 2, layers: 2, forgetBias: 1000)
      let zero = NDArray.zeros(.float64, [2, 2])
      let half = NDArray.full(0.5, dtype: .float64, shape: [2, 2])
      let start = [half, zero].map {
        LSTMState(c: graph.constant($0), h: graph.constant(zero))
      }
      let next = graph.variableScope("m", initializer: .zeros) { cell(x, start).state }
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      try session.assign(
        named: "m/depth_gated_lstm_cell/layer_1/depth_gate/bias",
        NDArray.full(bias, dtype: .float64, shape: [2]))
      let memory = try session.run(next[1].c)
      expectClose(
        memory, NDArray.full(expected, dtype: .float64, shape: [2, 2]), tolerance: 1e-15)
    }
  }

  @Test("weights are named and shaped by layer; biases start at 0")
  func weights() throws {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float32, [nil, nil, 3], name: "x")
    let (outputs, state) = dynamicRNN(DepthGatedLSTMCell(units: 4, layers: 2), x)
    try graph.validate()
    #expect(outputs.shape == [nil, nil, 4])
    #expect(state.tensors.map(\.shape) == [[nil, 4], [nil, 4], [nil, 4], [nil, 4]])
    #expect(graph.variables.map(\.name) == Self.variables(layers: 2).map { "rnn/\($0.name)" })
    let gates = [[16], [4], [4], [4]]
    #expect(
      graph.variables.map(\.shape.known)
        == [[7, 16]] + gates + [[8, 16]] + gates + [[4, 4], [4], [4], [4]])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for variable in graph.variables where variable.name.hasSuffix("bias") {
      #expect(try session.value(of: variable).doubles().allSatisfy { $0 == 0 })
    }
  }

  @Test("sizes are told, and fetched states can be fed")
  func sizes() throws {
    let cell = DepthGatedLSTMCell(units: 3, layers: 2)
    #expect(cell.outputSize == 3)
    #expect(cell.stateSize == [LSTMState(c: 3, h: 3), LSTMState(c: 3, h: 3)])
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, 2], name: "x")
    let state = cell.zeroState(like: x)
    #expect(state.count == 2)
    let once = cell(x, state).state
    let twice = cell(x, once).state
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([2, 2], seed: 5)
    let first = try session.run(once, feeding: [x: input])
    let second = try session.run(once, feeding: [x: input, state: first])
    let expected = try session.run(twice, feeding: [x: input])
    #expect(second == expected)
    #expect(first != expected)
  }

  static let misuses = [
    Misuse.located("no units", says: ["0 units", "DepthGatedLSTMCell"]) {
      let cell = DepthGatedLSTMCell(units: 0, layers: 2)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("no layers", says: ["0 layers"]) {
      let cell = DepthGatedLSTMCell(units: 2, layers: 0)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, []))
    },
    Misuse.located("fewer than no layers", says: ["-1 layers"]) {
      let cell = DepthGatedLSTMCell(units: 2, layers: -1)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("too few states", says: ["2 layers, but the states of 1"]) {
      let cell = DepthGatedLSTMCell(units: 2, layers: 2)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, [BasicLSTMCell(units: 2).zeroState(like: x)]))
    },
    Misuse.located("a state of another size", says: ["h of layer 1", "float32[2, 5]"]) {
      let cell = DepthGatedLSTMCell(units: 4, layers: 2)
      let x = $0.placeholder(.float32, [2, 3])
      var state = cell.zeroState(like: x)
      state[1].h = BasicRNNCell(units: 5).zeroState(like: x)
      return line(of: cell(x, state))
    },
    Misuse.located("another input size", says: ["2 elements per row", "layer_0/kernel"]) {
      let cell = DepthGatedLSTMCell(units: 4, layers: 2)
      let x = $0.placeholder(.float32, [nil, 3])
      let narrow = $0.placeholder(.float32, [nil, 2])
      _ = cell(x, cell.zeroState(like: x))
      return line(of: cell(narrow, cell.zeroState(like: narrow)))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "DepthGatedLSTMCellTests.swift") }
}
