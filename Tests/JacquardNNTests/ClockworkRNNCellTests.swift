import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct ClockworkRNNCellTests {
  @Test("one step is the formula's", arguments: Goldens.load("clockwork_rnn_cell"))
  func golden(_ golden: GoldenCase) throws {
    let periods = try golden.text("periods").split(separator: " ").compactMap { Int($0) }
    let step = CellGolden(
      golden: golden, state: ["h", "step"],
      variables: periods.indices.flatMap { module in
        ["kernel", "bias"].map {
          (name: "clockwork_rnn_cell/module_\(module)/\($0)", key: "\($0)\(module)")
        }
      })
    try step.check(
      ClockworkRNNCell(
        units: Int(try golden.number("units")), periods: periods,
        activation: try golden.activation))
  }

  @Test(
    "a loop over ragged rows is each row unrolled, steps counted for each row",
    arguments: [[1], [1, 2, 4], [2, 3]])
  func ragged(periods: [Int]) throws {
    try expectRaggedLoopIsUnrolled(ClockworkRNNCell(units: 2, periods: periods), depth: 2)
  }

  @Test("modules change in the steps their periods divide, counted from 0, and rest in between")
  func rhythm() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [1, 13, 1], name: "x")
    let periods = [1, 2, 3, 6]
    let outputs = graph.variableScope("m", initializer: noiseInitializer(seed: 2)) {
      dynamicRNN(ClockworkRNNCell(units: 1, periods: periods), x).outputs
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let values = try session.run(outputs, feeding: [x: noise([1, 13, 1], seed: 3)])[0]
    var before = [0.0, 0, 0, 0]
    for step in 0..<13 {
      let now = values[step].doubles()
      for (module, period) in periods.enumerated() {
        #expect((now[module] != before[module]) == (step % period == 0), "\(module) at \(step)")
      }
      before = now
    }
  }

  @Test("slow modules reach the fast ones, never the other way round")
  func direction() throws {
    let graph = Graph()
    let h = graph.placeholder(.float64, [1, 3], name: "h")
    let x = graph.constant(NDArray.zeros(.float64, [1, 1]))
    let steps = graph.constant(NDArray([0] as [Int64]))
    let next = graph.variableScope("m", initializer: .constant(0.5)) {
      ClockworkRNNCell(units: 1, periods: [1, 2, 4])(x, ClockworkState(h: h, step: steps)).output
    }
    let slopes = next.split(count: 3, axis: 1).map {
      graph.gradient(of: $0.sum(), withRespectTo: h)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let found = try session.run(slopes, feeding: [h: NDArray.zeros(.float64, [1, 3])])
    #expect(
      found.map { $0.doubles().map { $0 != 0 } } == [
        [true, true, true], [false, true, true], [false, false, true],
      ])
  }

  @Test("sequences go on from the state of an earlier run, each row from its own step")
  func carriedState() throws {
    let graph = Graph()
    let cell = ClockworkRNNCell(units: 2, periods: [1, 2, 3])
    let x = graph.placeholder(.float64, [nil, nil, 1], name: "x")
    let lengths = graph.placeholder(.int32, [nil], name: "lengths")
    let start = cell.zeroState(like: x)
    let (_, last) = dynamicRNN(cell, x, sequenceLength: lengths, initialState: start)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([2, 7, 1], seed: 5)
    func part(_ row: Int, _ range: Range<Int>) -> NDArray { input[row][range] }
    // Row 0 in parts of 4 and 3 steps, row 1 in parts of 1 and 4.
    let first = try session.run(
      last, feeding: [x: input.sliced(axis: 1, range: 0..<4), lengths: [4, 1]])
    #expect(first.step == NDArray([4, 1] as [Int64]))
    let rest = NDArray.stack([
      .concatenate([part(0, 4..<7), .zeros(.float64, [1, 1])], axis: 0), part(1, 1..<5),
    ])
    let second = try session.run(
      last,
      feeding: Feeds().feed(x, rest).feed(lengths, NDArray([3, 4] as [Int32])).feed(start, first))
    let whole = try session.run(last, feeding: [x: input, lengths: [7, 5]])
    #expect(second.step == NDArray([7, 5] as [Int64]))
    expectClose(second.h, whole.h, tolerance: 1e-14)
    #expect(first != second)
  }

  @Test("the state is h and an int64 count, and dropout leaves the count alone")
  func state() throws {
    let cell = ClockworkRNNCell(units: 8, periods: [1, 2])
    #expect(cell.outputSize == 16)
    #expect(cell.stateSize == ClockworkState(h: 16, step: 1))
    #expect("\(cell.stateSize)" == "ClockworkState(h: 16, step: 1)")
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, 3], name: "x")
    let zero = cell.zeroState(like: x)
    #expect(zero.h.type == TensorType(.float64, [nil, 16]))
    #expect(zero.step.type == TensorType(.int64, [nil]))
    #expect(cell.zeroState(batchSize: 4, in: graph).step.type == TensorType(.int64, [4]))
    let dropped = DropoutWrapper(cell, stateKeepProbability: 0.5, variational: true)(x, zero)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let next = try session.run(dropped.state, feeding: [x: noise([5, 3], seed: 1)])
    #expect(next.step == NDArray([1, 1, 1, 1, 1] as [Int64]))
    #expect(next.h.doubles().contains(0))
  }

  @Test("weights are named and shaped by module, only what a module hears")
  func weights() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, nil, 3], name: "x")
    let (outputs, state) = dynamicRNN(ClockworkRNNCell(units: 5, periods: [1, 4]), x)
    try graph.validate()
    #expect(outputs.shape == [nil, nil, 10])
    #expect(state.step.type == TensorType(.int64, [nil]))
    let prefix = "rnn/clockwork_rnn_cell/module_"
    #expect(
      graph.variables.map(\.name)
        == ["0/kernel", "0/bias", "1/kernel", "1/bias"].map { prefix + $0 })
    #expect(graph.variables.map(\.shape.known) == [[13, 5], [5], [8, 5], [5]])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    #expect(try session.value(of: graph.variables[3]) == .zeros(.float32, [5]))
  }

  static let misuses = [
    Misuse.located("no modules", says: ["periods of the modules are []", "greater"]) {
      let cell = ClockworkRNNCell(units: 4, periods: [])
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("a period of 0", says: ["[0, 2]"]) {
      let cell = ClockworkRNNCell(units: 4, periods: [0, 2])
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("periods out of order", says: ["[1, 4, 2]"]) {
      let cell = ClockworkRNNCell(units: 4, periods: [1, 4, 2])
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("no units", says: ["0 units"]) {
      let cell = ClockworkRNNCell(units: 0, periods: [1, 2])
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("steps that are no int64", says: ["the state's step", "float32[2]", "int64[2]"])
    {
      let cell = ClockworkRNNCell(units: 2, periods: [1, 2])
      let x = $0.placeholder(.float32, [2, 3])
      var state = cell.zeroState(like: x)
      state.step = state.step.cast(to: .float32)
      return line(of: cell(x, state))
    },
    Misuse.located("one count for all rows", says: ["the state's step", "int64[]"]) {
      let cell = ClockworkRNNCell(units: 2, periods: [1, 2])
      let x = $0.placeholder(.float32, [2, 3])
      var state = cell.zeroState(like: x)
      state.step = $0.scalar(0, .int64)
      return line(of: cell(x, state))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "ClockworkRNNCellTests.swift") }
}
