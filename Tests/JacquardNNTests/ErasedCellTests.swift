import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// A cell whose state has a part of rank 3 and one of rank 1 besides one of rank 2, without weights.
private struct HistoryCell: RNNCell {
  struct State: TensorStructure {
    var history, sum, last: Tensor
    var tensors: [Tensor] { [history, sum, last] }
    func rebuilt(from tensors: [Tensor]) -> State {
      State(history: tensors[0], sum: tensors[1], last: tensors[2])
    }
  }

  var outputSize: Int { 3 }
  var stateSize: [Int] { [6, 1, 3] }

  func makeState(_ part: ([Int]) -> Tensor) -> State {
    State(history: part([2, 3]), sum: part([]), last: part([3]))
  }

  func step(_ inputs: Tensor, _ state: State) -> (output: Tensor, state: State) {
    let history = concatenate(
      [
        state.history.sliced(from: [0, 1, 0], sizes: [-1, 1, -1]),
        inputs.expandingDimensions(at: 1),
      ], axis: 1)
    let sum = state.sum + sin(inputs).sum(along: [1])
    let output = history.sum(along: [1]) * cos(sum).expandingDimensions(at: 1) + state.last
    return (output, State(history: history, sum: sum, last: inputs))
  }
}

@Suite struct ConcatenatedTests {
  @Test("the state is that of the cell side by side, in a loop too, gradients included")
  func sideBySide() throws {
    try expectSame(BasicLSTMCell(units: 3), sizes: [3, 3])
    try expectSame(
      MultiRNNCell(LSTMCell(units: 4, projection: 2), GRUCell(units: 3)), sizes: [4, 2, 3])
    try expectSame([BasicRNNCell(units: 2), BasicRNNCell(units: 3)], sizes: [2, 3])
    try expectSame(HistoryCell(), sizes: [6, 1, 3])
  }

  private func expectSame<Cell: RNNCell>(_ cell: Cell, sizes: [Int]) throws {
    let total = sizes.reduce(0, +)
    let concatenated = Concatenated(cell)
    #expect(concatenated.stateSize == total)
    #expect(concatenated.outputSize == cell.outputSize)
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil, 3], name: "x")
    let state = graph.placeholder(.float64, [nil, total], name: "state")
    let lengths = graph.constant(NDArray([4, 0, 2] as [Int32]))
    let whole = dynamicRNN(concatenated, x, sequenceLength: lengths, initialState: state)
    let parts = dynamicRNN(
      cell, x, sequenceLength: lengths, initialState: concatenated.divided(state), scope: "parts")
    let joined = concatenated.joined(parts.state)
    try graph.validate()
    #expect(whole.state.shape == [nil, total])
    let sources = [x, state] + graph.variables
    let slopes = [(whole.outputs, whole.state), (parts.outputs, joined)].map { outputs, state in
      graph.gradients(of: [sin(outputs).sum() + cos(state * 3).sum()], withRespectTo: sources)
        .compactMap(\.self)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let initial = noise([3, total], seed: 2)
    let (a, b, s, t, d, e, flat) = try session.run(
      whole.outputs, parts.outputs, whole.state, joined, slopes[0], slopes[1],
      concatenated.divided(state).tensors,
      feeding: [x: noise([3, 4, 3], seed: 1), state: initial])
    #expect(a == b)
    #expect(s == t)
    #expect(s[1] == initial[1])
    #expect(flat.map { $0.count / 3 } == sizes)
    var column = 0
    for (part, size) in zip(flat, sizes) {
      #expect(
        part.reshaped(to: [3, size]) == initial.sliced(axis: 1, range: column..<column + size))
      column += size
    }
    #expect(d.count == sources.count && e.count == sources.count)
    for (d, e) in zip(d, e) { expectClose(d, e, tolerance: 1e-12) }
  }

  @Test("ragged rows are each row unrolled; variables are named as without the wrapper")
  func ragged() throws {
    try expectRaggedLoopIsUnrolled(
      Concatenated(MultiRNNCell(LSTMCell(units: 4, projection: 2), GRUCell(units: 3))), depth: 2)
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    let cell = Concatenated(BasicLSTMCell(units: 10))
    let zero = cell.zeroState(like: x)
    #expect(zero.type == TensorType(.float32, [nil, 20]))
    #expect(cell(x, zero).state.shape == [nil, 20])
    #expect(graph.variables.map(\.name) == ["basic_lstm_cell/kernel", "basic_lstm_cell/bias"])
  }

  static let misuses = [
    Misuse.located("a state of another size", says: ["float32[2, 7]", "[batch, 8]"]) {
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: Concatenated(BasicLSTMCell(units: 4))(x, $0.zeros(.float32, [2, 7])))
    },
    Misuse.located("a state of integers", says: ["int32[2, 8]", "floats"]) {
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: Concatenated(BasicLSTMCell(units: 4))(x, $0.zeros(.int32, [2, 8])))
    },
    Misuse.located("a cell that counts", says: ["int64", "floating-point states only"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let cell = Concatenated(ClockworkRNNCell(units: 2, periods: [1, 2]))
      return line(of: cell(x, $0.zeros(.float32, [2, 5])))
    },
    Misuse.located("a cell without a state", says: ["no state to concatenate"]) {
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: Concatenated([GRUCell]())(x, $0.zeros(.float32, [2, 0])))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "ErasedCellTests.swift") }
}

@Suite struct AnyRNNCellTests {
  private func cells() -> [AnyRNNCell] {
    [
      AnyRNNCell(LSTMCell(units: 4, projection: 3)), AnyRNNCell(GRUCell(units: 5)),
      AnyRNNCell(AnyRNNCell(ClockworkRNNCell(units: 1, periods: [1, 2]))),
    ]
  }

  @Test("cells of several kinds in an array are the stack of them, gradients included")
  func stack() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil, 2], name: "x")
    let lengths = graph.constant(NDArray([4, 0, 2] as [Int32]))
    let initializer = noiseInitializer(seed: 4)
    let erased = graph.variableScope("erased", initializer: initializer) {
      dynamicRNN(cells(), x, sequenceLength: lengths)
    }
    let names = graph.variables.map(\.name)
    let typed = graph.variableScope("typed", initializer: initializer) {
      dynamicRNN(
        MultiRNNCell(
          LSTMCell(units: 4, projection: 3), GRUCell(units: 5),
          ClockworkRNNCell(units: 1, periods: [1, 2])), x, sequenceLength: lengths)
    }
    try graph.validate()
    #expect(
      graph.variables.dropFirst(names.count).map(\.name)
        == names.map { "typed" + $0.dropFirst("erased".count) })
    #expect(erased.outputs.shape == [3, nil, 2])
    let memory = try #require(erased.state[0].base as? LSTMState<Tensor>).c
    let slopes = [erased.outputs, typed.outputs].map {
      graph.gradient(of: sin($0).sum(), withRespectTo: x)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b, c, s, t, d, e) = try session.run(
      erased.outputs, typed.outputs, memory, erased.state, typed.state, slopes[0], slopes[1],
      feeding: [x: noise([3, 4, 2], seed: 1)])
    #expect(a == b)
    #expect(d == e)
    #expect(c == t.parts.0.c)
    let flat = [
      [t.parts.0.c, t.parts.0.h], [t.parts.1], [t.parts.2.h, t.parts.2.step],
    ]
    #expect(s == flat)
  }

  @Test("ragged rows are each row unrolled")
  func ragged() throws { try expectRaggedLoopIsUnrolled(cells(), depth: 2) }

  @Test("sizes are told; what is fetched can be fed; dropout asks the state inside")
  func state() throws {
    let cell = AnyRNNCell(LSTMCell(units: 40, projection: 3))
    #expect(cell.outputSize == 3)
    #expect(cell.stateSize == [40, 3])
    #expect(cell.base is LSTMCell)
    #expect(AnyRNNCell(cell).base is LSTMCell)
    let graph = Graph(seed: 1)
    let x = graph.placeholder(.float64, [nil, 2], name: "x")
    let zero = cell.zeroState(like: x)
    #expect(zero.tensors.map(\.shape) == [[nil, 40], [nil, 3]])
    #expect(zero.isDropped == [false, true])
    #expect(AnyRNNState(AnyRNNState(zero)).base is LSTMState<Tensor>)
    let once = cell(x, zero).state
    let twice = cell(x, once).state
    let dropped = DropoutWrapper(cell, stateKeepProbability: 0.5)(x, zero).state
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([2, 2], seed: 5)
    let first = try session.run(once, feeding: [x: input])
    let literal = try session.run(once, feeding: [x: input, zero: first])
    let checked = try session.run(once, feeding: Feeds().feed(x, input).feed(zero, first))
    let expected = try session.run(twice, feeding: [x: input])
    #expect(literal == expected)
    #expect(checked == expected)
    #expect(first != expected)
    #expect(try session.run(dropped, feeding: [x: input])[0] == first[0])
  }

  static let misuses = [
    Misuse.located(
      "the state of another cell", says: ["LSTMState<Tensor>", "GRUCell", "zeroState"]
    ) {
      let x = $0.placeholder(.float32, [2, 3])
      let state = AnyRNNCell(LSTMCell(units: 4)).zeroState(like: x)
      return line(of: AnyRNNCell(GRUCell(units: 4))(x, state))
    }
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "ErasedCellTests.swift") }
}
