import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// A cell whose output and next state are its inputs plus the state, without weights.
private struct SumCell: RNNCell {
  let units: Int
  var outputSize: Int { units }
  var stateSize: LSTMState<Int> { LSTMState(c: units, h: units) }

  func makeState(_ part: ([Int]) -> Tensor) -> LSTMState<Tensor> {
    LSTMState(c: part([units]), h: part([units]))
  }

  func step(
    _ inputs: Tensor, _ state: LSTMState<Tensor>
  ) -> (output: Tensor, state: LSTMState<Tensor>) {
    (inputs + 0, LSTMState(c: state.c + inputs, h: inputs * 1))
  }
}

@Suite struct DropoutWrapperTests {
  private static let shape = [8, 25, 10]

  /// What the wrapped cell makes of ones: outputs, and the last state.
  private func run(_ cell: DropoutWrapper<SumCell>, seed: UInt64 = 3, runs: Int = 1) throws -> [(
    outputs: NDArray, state: LSTMState<NDArray>
  )] {
    let graph = Graph(seed: seed)
    let x = graph.placeholder(.float64, [nil, nil, 10], name: "x")
    let (outputs, state) = dynamicRNN(cell, x)
    let session = Session(graph)
    return try (0..<runs).map { _ in
      try session.run(
        outputs, state, feeding: [x: NDArray.full(1, dtype: .float64, shape: Self.shape)])
    }
  }

  @Test("outputs are 0 or scaled, as often as asked for, otherwise in each step and row and run")
  func outputs() throws {
    let cell = DropoutWrapper(SumCell(units: 10), outputKeepProbability: 0.8)
    let found = try run(cell, runs: 2)
    let values = found[0].outputs.doubles()
    #expect(values.allSatisfy { $0 == 0 || $0 == 1.25 })
    let kept = values.filter { $0 != 0 }.count
    // 2000 draws: 1600 ± 18 are kept.
    #expect(abs(kept - 1600) < 90)
    #expect(found[0].outputs[0] != found[0].outputs[1])
    #expect(found[0].outputs[0][0] != found[0].outputs[0][1])
    #expect(found[0].outputs != found[1].outputs)
    // The state is the cell's own.
    #expect(found[0].state.c == NDArray.full(25, dtype: .float64, shape: [8, 10]))
    #expect(found[0].state.h == NDArray.full(1, dtype: .float64, shape: [8, 10]))
  }

  @Test("dropped inputs reach output and state alike")
  func inputs() throws {
    let cell = DropoutWrapper(SumCell(units: 10), inputKeepProbability: 0.5)
    let (outputs, state) = try run(cell)[0]
    #expect(outputs.doubles().allSatisfy { $0 == 0 || $0 == 2 })
    for row in 0..<8 {
      let sums = (0..<10).map { unit in
        (0..<25).map { outputs[row][$0].doubles()[unit] }.reduce(0, +)
      }
      #expect(state.c[row].doubles() == sums)
      #expect(state.h[row] == outputs[row][24])
    }
  }

  @Test("dropout of the state takes from h, never from the memory c")
  func state() throws {
    let cell = DropoutWrapper(SumCell(units: 10), stateKeepProbability: 0.5)
    let (outputs, state) = try run(cell)[0]
    #expect(outputs == NDArray.full(1, dtype: .float64, shape: Self.shape))
    #expect(state.c == NDArray.full(25, dtype: .float64, shape: [8, 10]))
    #expect(state.h.doubles().allSatisfy { $0 == 0 || $0 == 2 })
    #expect(Set(state.h.doubles()).count == 2)
  }

  @Test("the memories of a stack are left alone too")
  func stackedState() throws {
    let graph = Graph(seed: 2)
    let x = graph.placeholder(.float64, [nil, 10], name: "x")
    let start = [SumCell(units: 10), SumCell(units: 10)]
    let pack = MultiRNNCell(SumCell(units: 10), GRUCell(units: 10))
    let wrapped = DropoutWrapper(start, stateKeepProbability: 0.5)
    let wrappedPack = DropoutWrapper(pack, stateKeepProbability: 0.5)
    let next = wrapped(x, wrapped.zeroState(like: x)).state
    let zero = wrappedPack.zeroState(like: x)
    let kept = graph.variableScope("stack", reuse: .automatic) { wrappedPack(x, zero).state }
    let whole = graph.variableScope("stack", reuse: .automatic) { pack(x, zero).state }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let ones = NDArray.full(1, dtype: .float64, shape: [6, 10])
    let (a, b, c) = try session.run(next, kept, whole, feeding: [x: ones])
    for state in a + [b.parts.0] {
      #expect(state.c == ones)
      #expect(Set(state.h.doubles()) == [0, 2])
    }
    let pairs = Array(zip(b.parts.1.doubles(), c.parts.1.doubles()))
    #expect(pairs.allSatisfy { $0 == 0 || abs($0 - 2 * $1) < 1e-13 })
    #expect(Set(pairs.map { $0.0 == 0 }).count == 2)
  }

  @Test("variational dropout takes the same elements in all rows and steps, other ones in each run")
  func variational() throws {
    let cell = DropoutWrapper(
      SumCell(units: 10), inputKeepProbability: 0.6, outputKeepProbability: 0.6,
      stateKeepProbability: 0.5, variational: true)
    let found = try run(cell, runs: 6)
    for (outputs, state) in found {
      let first = outputs[0][0]
      for row in 0..<8 {
        for step in 0..<25 { #expect(outputs[row][step] == first) }
        #expect(state.h[row] == state.h[0])
      }
      #expect(state.c.doubles().contains { $0 != 0 })
    }
    #expect(Set(found.map { $0.outputs[0][0].doubles() }).count > 1)
    #expect(Set(found.map { $0.state.h[0].doubles() }).count > 1)
  }

  @Test("the seed decides, the graph's or the wrapper's own", arguments: [false, true])
  func seeds(variational: Bool) throws {
    func outputs(_ seed: UInt64?, graph: UInt64) throws -> NDArray {
      let cell = DropoutWrapper(
        SumCell(units: 10), outputKeepProbability: 0.5, variational: variational, seed: seed)
      return try run(cell, seed: graph)[0].outputs
    }
    #expect(try outputs(nil, graph: 1) == outputs(nil, graph: 1))
    #expect(try outputs(nil, graph: 1) != outputs(nil, graph: 2))
    #expect(try outputs(7, graph: 1) == outputs(7, graph: 2))
    #expect(try outputs(7, graph: 1) != outputs(8, graph: 1))
  }

  @Test(
    "a fed probability of 1 is the cell itself, values and gradients", arguments: [false, true])
  func fedProbability(variational: Bool) throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [3, 4, 2], name: "x")
    let keep = graph.placeholder(.float32, [], name: "keep")
    let cell = LSTMCell(units: 3)
    let wrapped = DropoutWrapper(
      cell, inputKeepProbability: keep, outputKeepProbability: keep, stateKeepProbability: keep,
      variational: variational)
    let plain = dynamicRNN(cell, x)
    let dropped = dynamicRNN(wrapped, x, scope: "dropped")
    try graph.validate()
    #expect(graph.variables.map(\.name) == ["rnn/lstm_cell/kernel", "rnn/lstm_cell/bias"])
    let targets = [x] + graph.variables
    let slopes = [plain, dropped].map {
      graph.gradients(of: [weightedSum([$0.outputs, $0.state.c])], withRespectTo: targets)
        .compactMap(\.self)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([3, 4, 2], seed: 1)
    let (a, b, d, e) = try session.run(
      plain.outputs, dropped.outputs, slopes[0], slopes[1], feeding: [x: input, keep: 1.0])
    expectClose(a, b, tolerance: 1e-13)
    #expect(d.count == 3)
    for (d, e) in zip(d, e) { expectClose(d, e, tolerance: 1e-13) }
    #expect(try session.run(dropped.outputs, feeding: [x: input, keep: 0.5]) != a)
  }

  @Test("the gradient is that of what was kept")
  func gradient() throws {
    let graph = Graph(seed: 6)
    let x = graph.placeholder(.float64, [4, 5, 10], name: "x")
    let cell = DropoutWrapper(SumCell(units: 10), inputKeepProbability: 0.5)
    let outputs = dynamicRNN(cell, x).outputs
    let slope = graph.gradient(of: outputs.sum(), withRespectTo: x)
    let (values, slopes) = try Session(graph).run(
      outputs, slope, feeding: [x: NDArray.full(1, dtype: .float64, shape: [4, 5, 10])])
    #expect(slopes == values)
    #expect(Set(values.doubles()) == [0, 2])
  }

  static let misuses = [
    Misuse("a probability of 0", says: ["0.0", "above 0"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let cell = DropoutWrapper(SumCell(units: 3), outputKeepProbability: 0.0)
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("a probability above 1", says: ["1.5", "up to 1"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let cell = DropoutWrapper(SumCell(units: 3), inputKeepProbability: 1.5)
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("a probability for each row", says: ["float32[2]", "scalar"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let keep = $0.placeholder(.float32, [2])
      let cell = DropoutWrapper(SumCell(units: 3), outputKeepProbability: keep)
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse.located(
      "variational dropout of inputs of unknown size",
      says: ["the size of the inputs, float32[2, ?], is not known", "draws one row of that size"]
    ) {
      let x = $0.placeholder(.float32, [2, nil])
      let cell = DropoutWrapper(
        SumCell(units: 3), inputKeepProbability: 0.5, variational: true)
      return line(of: cell(x, cell.zeroState(like: x)))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "CellWrapperTests.swift") }
}

@Suite struct ResidualWrapperTests {
  @Test("the inputs are added to the output, or combined as asked for")
  func outputs() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil, 3], name: "x")
    let cell = GRUCell(units: 3)
    let plain = dynamicRNN(cell, x)
    let residual = dynamicRNN(ResidualWrapper(cell), x, scope: "residual")
    let scaled = dynamicRNN(
      ResidualWrapper(cell) { inputs, output in inputs * 2 - output }, x, scope: "scaled")
    try graph.validate()
    #expect(graph.variables.allSatisfy { $0.name.hasPrefix("rnn/gru_cell/") })
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([2, 4, 3], seed: 3)
    let (a, b, c) = try session.run(
      plain.outputs, residual.outputs, scaled.outputs, feeding: [x: input])
    let sums = zip(a.doubles(), input.doubles()).map { $0 + $1 }
    let differences = zip(a.doubles(), input.doubles()).map { 2 * $1 - $0 }
    #expect(b.doubles() == sums)
    #expect(c.doubles() == differences)
    let (s, t) = try session.run(plain.state, residual.state, feeding: [x: input])
    #expect(s == t)
  }

  static let misuses = [
    Misuse("inputs of another width", says: ["float32[2, 3]", "float32[2, 4]"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let cell = ResidualWrapper(GRUCell(units: 4))
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("inputs that would broadcast", says: ["float32[2, 1]", "float32[2, 4]"]) {
      let x = $0.placeholder(.float32, [2, 1])
      let cell = ResidualWrapper(GRUCell(units: 4))
      _ = cell(x, cell.zeroState(like: x))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "CellWrapperTests.swift") }
}
