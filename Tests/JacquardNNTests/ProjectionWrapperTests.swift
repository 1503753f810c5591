import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct ProjectionWrapperTests {
  @Test("inputs and outputs are mapped before and after the cell, gradients too")
  func byHand() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [3, 4], name: "x")
    let start = graph.constant(noise([3, 5], seed: 2))
    let cell = GRUCell(units: 5)
    let wrapped = OutputProjectionWrapper(
      InputProjectionWrapper(cell, size: 2, activation: { sin($0) }), size: 6)
    let (output, next) = graph.variableScope("m", initializer: noiseInitializer(seed: 3)) {
      wrapped(x, start)
    }
    try graph.validate()
    func variable(_ name: String) throws -> Tensor {
      try #require(graph.tensor(named: "m/output_projection_wrapper/" + name))
    }
    let mapped = sin(
      matmul(x, try variable("input_projection_wrapper/kernel"))
        + (try variable("input_projection_wrapper/bias")))
    let (inner, innerNext) = cell(mapped, start)
    let expected = matmul(inner, try variable("kernel")) + (try variable("bias"))
    let sources = [x, start] + graph.variables
    let slopes = [output, expected].map {
      graph.gradients(of: [weightedSum([$0])], withRespectTo: sources).compactMap(\.self)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for part in ["bias", "input_projection_wrapper/bias"] {
      let bias = try variable(part)
      try session.assign(bias, noise(bias.shape.known ?? [], seed: 8))
    }
    let (a, b, s, t, d, e) = try session.run(
      output, expected, next, innerNext, slopes[0], slopes[1],
      feeding: [x: noise([3, 4], seed: 1)])
    #expect(a == b)
    #expect(s == t)
    #expect(d.count == sources.count && e.count == sources.count)
    for (d, e) in zip(d, e) { expectClose(d, e, tolerance: 1e-13) }
    #expect(d.allSatisfy { $0.doubles().contains { $0 != 0 } })
  }

  @Test("a loop over ragged rows is each row unrolled")
  func ragged() throws {
    try expectRaggedLoopIsUnrolled(
      OutputProjectionWrapper(
        InputProjectionWrapper(LSTMCell(units: 3), size: 2), size: 4, activation: { tanh($0) }),
      depth: 5)
  }

  @Test("variables are in the wrappers' scopes, as TensorFlow's, and biases start at 0")
  func weights() throws {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float32, [nil, nil, 4], name: "x")
    let inputs = InputProjectionWrapper(BasicRNNCell(units: 5), size: 3)
    let outputs = OutputProjectionWrapper(BasicRNNCell(units: 5), size: 2)
    #expect([inputs.outputSize, inputs.stateSize] == [5, 5])
    #expect([outputs.outputSize, outputs.stateSize] == [2, 5])
    #expect(dynamicRNN(inputs, x).outputs.shape == [nil, nil, 5])
    let (projected, state) = dynamicRNN(outputs, x, scope: "out")
    #expect(projected.shape == [nil, nil, 2])
    #expect(state.shape == [nil, 5])
    try graph.validate()
    let names = ["input_projection_wrapper/", "output_projection_wrapper/"]
    #expect(
      graph.variables.map(\.name) == [
        "rnn/\(names[0])kernel", "rnn/\(names[0])bias", "rnn/\(names[0])basic_rnn_cell/kernel",
        "rnn/\(names[0])basic_rnn_cell/bias", "out/\(names[1])basic_rnn_cell/kernel",
        "out/\(names[1])basic_rnn_cell/bias", "out/\(names[1])kernel", "out/\(names[1])bias",
      ])
    #expect(
      graph.variables.map(\.shape.known) == [
        [4, 3], [3], [8, 5], [5], [9, 5], [5], [5, 2], [2],
      ])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    #expect(try session.value(of: graph.variables[1]) == .zeros(.float32, [3]))
    #expect(try session.value(of: graph.variables[7]) == .zeros(.float32, [2]))
  }

  static let misuses = [
    Misuse.located("a projection to no inputs", says: ["0 inputs", "InputProjectionWrapper"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let cell = InputProjectionWrapper(GRUCell(units: 4), size: 0)
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("a projection to no outputs", says: ["0 outputs", "OutputProjectionWrapper"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let cell = OutputProjectionWrapper(GRUCell(units: 4), size: 0)
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("another input size", says: ["2 elements per row", "made for 3"]) {
      let cell = InputProjectionWrapper(GRUCell(units: 4), size: 2)
      let x = $0.placeholder(.float32, [nil, 3])
      let narrow = $0.placeholder(.float32, [nil, 2])
      _ = cell(x, cell.zeroState(like: x))
      return line(of: cell(narrow, cell.zeroState(like: narrow)))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "ProjectionWrapperTests.swift") }
}

@Suite struct EmbeddingWrapperTests {
  @Test("the cell sees the rows of the table, ragged rows and gradients included")
  func byHand() throws {
    let graph = Graph()
    let ids = graph.placeholder(.int32, [nil, nil, 1], name: "ids")
    let lengths = graph.constant(NDArray([3, 0, 2] as [Int32]))
    let cell = GRUCell(units: 4)
    let wrapped = EmbeddingWrapper(cell, classes: 6, size: 2)
    let (outputs, state) = dynamicRNN(wrapped, ids, sequenceLength: lengths, dtype: .float64)
    let table = graph.variables[0]
    let embedded = table.gathered(at: ids.squeezed(axis: 2))
    let expected = dynamicRNN(cell, embedded, sequenceLength: lengths, scope: "plain")
    try graph.validate()
    let slopes = [(outputs, state), (expected.outputs, expected.state)].map { outputs, state in
      graph.gradients(
        of: [sin(outputs).sum() + (state * state).sum()], withRespectTo: graph.variables
      ).compactMap(\.self)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = NDArray([5, 1, 1, 2, 2, 2, 0, 3, 4] as [Int32], shape: [3, 3, 1])
    let (a, b, d, e) = try session.run(
      outputs, expected.outputs, slopes[0], slopes[1], feeding: [ids: input])
    expectClose(a, b, tolerance: 1e-13)
    #expect(d.count == 5 && e.count == 5)
    for (d, e) in zip(d, e) { expectClose(d, e, tolerance: 1e-13) }
    // Only ids before the ends of rows were seen: 5, 1, 1 and 0, 3.
    let seen = (0..<6).filter { d[0][$0].doubles().contains { $0 != 0 } }
    #expect(seen == [0, 1, 3, 5])
  }

  @Test("the table starts uniform over ±√3, unless something else is said")
  func initializers() throws {
    func table(_ given: Initializer?, scope: Initializer?) throws -> NDArray {
      let graph = Graph(seed: 3)
      let ids = graph.placeholder(.int64, [nil], name: "ids")
      let cell = EmbeddingWrapper(
        BasicRNNCell(units: 2), classes: 50, size: 8, initializer: given)
      graph.variableScope("m", initializer: scope) {
        _ = cell(ids, cell.zeroState(batchSize: 3, in: graph))
      }
      try graph.validate()
      #expect(
        graph.variables.map(\.name)
          == ["embedding", "basic_rnn_cell/kernel", "basic_rnn_cell/bias"].map {
            "m/embedding_wrapper/\($0)"
          })
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      return try session.value(of: graph.variables[0])
    }
    let values = try table(nil, scope: nil)
    let limit = 3.0.squareRoot()
    #expect(values.shape == [50, 8] && values.dtype == .float32)
    #expect(values.doubles().allSatisfy { abs($0) <= limit + 1e-6 })
    #expect(values.doubles().contains { abs($0) > 0.9 * limit })
    #expect(try table(nil, scope: .constant(2)).doubles().allSatisfy { $0 == 2 })
    #expect(try table(.constant(4), scope: .constant(2)).doubles().allSatisfy { $0 == 4 })
  }

  @Test("an id outside the table fails the run; sizes are the cell's")
  func outOfRange() throws {
    let graph = Graph()
    let ids = graph.placeholder(.int32, [nil], name: "ids")
    let cell = EmbeddingWrapper(LSTMCell(units: 4, projection: 2), classes: 3, size: 2)
    #expect(cell.outputSize == 2)
    #expect(cell.stateSize == LSTMState(c: 4, h: 2))
    let output = cell(ids, cell.zeroState(batchSize: 2, in: graph)).output
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    #expect(throws: SessionError.self) {
      try session.run(output, feeding: [ids: NDArray([0, 3] as [Int32])])
    }
    #expect(try session.run(output, feeding: [ids: NDArray([0, 2] as [Int32])]).shape == [2, 2])
  }

  static let misuses = [
    Misuse.located("inputs that are no ids", says: ["float32[2, 1]", "int32 or int64"]) {
      let x = $0.placeholder(.float32, [2, 1])
      let cell = EmbeddingWrapper(GRUCell(units: 4), classes: 3, size: 2)
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("several ids a step", says: ["int32[2, 3]", "one for each row"]) {
      let x = $0.placeholder(.int32, [2, 3])
      let cell = EmbeddingWrapper(GRUCell(units: 4), classes: 3, size: 2)
      return line(of: cell(x, cell.zeroState(like: x, dtype: .float32)))
    },
    Misuse.located("no classes", says: ["0 classes of size 2"]) {
      let x = $0.placeholder(.int32, [2])
      let cell = EmbeddingWrapper(GRUCell(units: 4), classes: 0, size: 2)
      return line(of: cell(x, cell.zeroState(like: x, dtype: .float32)))
    },
    Misuse.located("a state without floats", says: ["no floating-point part"]) {
      let x = $0.placeholder(.int32, [2])
      let cell = EmbeddingWrapper(GRUCell(units: 4), classes: 3, size: 2)
      return line(of: cell(x, cell.zeroState(like: x)))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "ProjectionWrapperTests.swift") }
}
