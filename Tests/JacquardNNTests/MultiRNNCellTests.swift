import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct MultiRNNCellTests {
  @Test("variables are named by cell, as TensorFlow's")
  func names() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, nil, 3], name: "x")
    let cell = MultiRNNCell(LSTMCell(units: 4, projection: 2), GRUCell(units: 5))
    let (outputs, state) = dynamicRNN(cell, x)
    try graph.validate()
    #expect(outputs.shape == [nil, nil, 5])
    #expect(state.parts.0.h.shape == [nil, 2])
    #expect(state.parts.1.shape == [nil, 5])
    let prefix = "rnn/multi_rnn_cell/"
    #expect(
      graph.variables.map(\.name)
        == [
          "cell_0/lstm_cell/kernel", "cell_0/lstm_cell/bias", "cell_0/lstm_cell/projection/kernel",
          "cell_1/gru_cell/gates/kernel", "cell_1/gru_cell/gates/bias",
          "cell_1/gru_cell/candidate/kernel", "cell_1/gru_cell/candidate/bias",
        ].map { prefix + $0 })
    #expect(graph.variables[3].shape == [7, 10])
  }

  @Test("a stack is its cells by hand, gradients too")
  func byHand() throws {
    let graph = Graph(seed: 4)
    let x = graph.placeholder(.float64, [2, 3], name: "x")
    let (first, second) = (LSTMCell(units: 4), GRUCell(units: 5))
    let (third, stack) = (
      BasicRNNCell(units: 2), MultiRNNCell(first, second, BasicRNNCell(units: 2))
    )
    let start = stack.makeState { graph.constant(noise([2] + $0, seed: $0[0])) }
    let (output, next) = stack(x, start)
    let (a, aState) = first(x, start.parts.0)
    let (b, bState) = second(a, start.parts.1)
    let (c, cState) = third(b, start.parts.2)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for part in ["kernel", "bias"] {
      try session.assign(
        named: "basic_rnn_cell/\(part)",
        session.value(named: "multi_rnn_cell/cell_2/basic_rnn_cell/\(part)"))
    }
    let slopes = [output, c].map { graph.gradient(of: weightedSum([$0]), withRespectTo: x) }
    let feeds: Feeds = [x: noise([2, 3], seed: 9)]
    let (found, expected) = try session.run([output, slopes[0]], [c, slopes[1]], feeding: feeds)
    #expect(found == expected)
    let states = try session.run(next, feeding: feeds)
    let (x0, x1, x2) = try session.run(aState, bState, cState, feeding: feeds)
    #expect(states == States(x0, x1, x2))
    #expect(found[1].doubles().contains { $0 != 0 })
  }

  @Test("TensorFlow's own stack of two: kernels 0.5, states 0.1, inputs 1")
  func published() throws {
    let graph = Graph()
    let x = graph.constant(NDArray.full(1, dtype: .float64, shape: [1, 2]))
    let stack = MultiRNNCell(BasicLSTMCell(units: 2), BasicLSTMCell(units: 2))
    let start = stack.makeState {
      graph.constant(NDArray.full(0.1, dtype: .float64, shape: [1] + $0))
    }
    let next = graph.variableScope("root", initializer: .constant(0.5)) { stack(x, start).state }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let state = try session.run(next)
    let published = [
      (state.parts.0.c, 0.68967271), (state.parts.0.h, 0.44848421), (state.parts.1.c, 0.39897051),
      (state.parts.1.h, 0.24024698),
    ]
    for (values, expected) in published {
      #expect(values.doubles().allSatisfy { abs($0 - expected) < 2e-7 })
    }
  }

  @Test("the fetched states of a stack can be fed and carried")
  func carriedState() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil, 3], name: "x")
    let cell = MultiRNNCell(BasicLSTMCell(units: 2), GRUCell(units: 4))
    let start = cell.zeroState(like: x)
    let (outputs, last) = dynamicRNN(cell, x, initialState: start)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([2, 6, 3], seed: 5)
    let halves = [0, 3].map { at in
      NDArray.stack((0..<2).map { input[$0][at..<at + 3] })
    }
    let middle = try session.run(last, feeding: [x: halves[0]])
    let literal = try session.run(last, feeding: [x: halves[1], start: middle])
    let checked = try session.run(last, feeding: Feeds().feed(x, halves[1]).feed(start, middle))
    let whole = try session.run(last, feeding: [x: input])
    #expect(literal == checked)
    #expect(literal != middle)
    for (found, expected) in [
      (literal.parts.0.c, whole.parts.0.c), (literal.parts.0.h, whole.parts.0.h),
      (literal.parts.1, whole.parts.1),
    ] {
      expectClose(found, expected, tolerance: 1e-13)
    }
    #expect(try session.run(outputs, feeding: [x: input]).shape == [2, 6, 4])
  }

  @Test("an array of cells is the same stack", arguments: [1, 3])
  func array(count: Int) throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil, 2], name: "x")
    let lengths = graph.constant(NDArray([4, 0, 2] as [Int32]))
    let cells = (0..<count).map { _ in BasicLSTMCell(units: 2) }
    let initializer = noiseInitializer(seed: 4)
    let looped = graph.variableScope("array", initializer: initializer) {
      dynamicRNN(cells, x, sequenceLength: lengths)
    }
    let names = graph.variables.map(\.name)
    let packed: (outputs: Tensor, state: [Tensor]) = graph.variableScope(
      "pack", initializer: initializer
    ) {
      if count == 1 {
        let cell = MultiRNNCell(BasicLSTMCell(units: 2))
        let (outputs, state) = dynamicRNN(cell, x, sequenceLength: lengths)
        return (outputs, state.tensors)
      }
      let cell = MultiRNNCell(
        BasicLSTMCell(units: 2), BasicLSTMCell(units: 2), BasicLSTMCell(units: 2))
      let (outputs, state) = dynamicRNN(cell, x, sequenceLength: lengths)
      return (outputs, state.tensors)
    }
    try graph.validate()
    #expect(looped.state.count == count)
    #expect(
      names
        == (0..<count).flatMap { index in
          ["kernel", "bias"].map {
            "array/rnn/multi_rnn_cell/cell_\(index)/basic_lstm_cell/\($0)"
          }
        })
    #expect(
      graph.variables.dropFirst(names.count).map(\.name)
        == names.map { "pack" + $0.dropFirst("array".count) })
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b, s, t) = try session.run(
      looped.outputs, packed.outputs, looped.state, packed.state,
      feeding: [x: noise([3, 4, 2], seed: 2)])
    #expect(a == b)
    #expect(s.flatMap { [$0.c, $0.h] } == t)
    #expect(a.doubles().contains { $0 != 0 })
  }

  @Test("sizes are told, stacks of stacks included")
  func sizes() {
    let cell = MultiRNNCell(LSTMCell(units: 8, projection: 3), GRUCell(units: 5))
    #expect(cell.outputSize == 5)
    #expect(cell.stateSize == States(LSTMState(c: 8, h: 3), 5))
    #expect(Set([cell.stateSize, cell.stateSize]).count == 1)
    #expect(cell.stateSize != States(LSTMState(c: 8, h: 3), 6))
    #expect("\(cell.stateSize)" == "States(LSTMState(c: 8, h: 3), 5)")
    let nested = MultiRNNCell(cell, BasicRNNCell(units: 2))
    #expect(nested.stateSize == States(cell.stateSize, 2))
    #expect([GRUCell(units: 2), GRUCell(units: 7)].stateSize == [2, 7])
    #expect([GRUCell(units: 2), GRUCell(units: 7)].outputSize == 7)
  }

  static let misuses = [
    Misuse("no cells", says: ["no cells", "at least one"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let cell = MultiRNNCell()
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("an empty array of cells", says: ["no cells", "at least one"]) {
      let x = $0.placeholder(.float32, [2, 3])
      _ = [GRUCell]()(x, [])
    },
    Misuse("too few states", says: ["there are 2 cells, but the states of 1"]) {
      let cells = [GRUCell(units: 2), GRUCell(units: 2)]
      let x = $0.placeholder(.float32, [2, 3])
      _ = cells(x, [cells[0].zeroState(like: x)])
    },
    Misuse("one cell for two depths", says: ["2 elements per row", "made for 3"]) {
      let cell = GRUCell(units: 2)
      let x = $0.placeholder(.float32, [2, 3])
      let stack = MultiRNNCell(cell, cell)
      _ = stack(x, stack.zeroState(like: x))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "MultiRNNCellTests.swift") }
}
