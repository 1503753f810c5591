import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct BasicLSTMCellTests {
  @Test("one step is TensorFlow's", arguments: Goldens.load("basic_lstm_cell"))
  func golden(_ golden: GoldenCase) throws {
    let graph = Graph()
    let dtype = try golden.dtype
    func operand(_ key: String) throws -> Tensor {
      graph.placeholder(dtype, [nil, try golden[key].shape[1]], name: key)
    }
    let (x, c, h) = (try operand("x"), try operand("c"), try operand("h"))
    let isRelu = try golden.text("activation") == "relu"
    let cell = BasicLSTMCell(
      units: Int(try golden.number("units")), forgetBias: try golden.number("forgetBias"),
      activation: { isRelu ? relu($0) : tanh($0) })
    let (output, next) = cell(x, LSTMState(c: c, h: h))
    #expect(output == next.h)
    let kernel = try #require(graph.tensor(named: "basic_lstm_cell/kernel"))
    let bias = try #require(graph.tensor(named: "basic_lstm_cell/bias"))
    let gradients = graph.gradients(
      of: [next.c, next.h], withRespectTo: [x, c, h, kernel, bias],
      gradientsOf: [graph.constant(try golden["dNewC"]), graph.constant(try golden["dNewH"])])

    let session = Session(graph)
    try session.assign(kernel, try golden["kernel"])
    try session.assign(bias, try golden["bias"])
    let feeds: Feeds = [x: try golden["x"], c: try golden["c"], h: try golden["h"]]
    let (state, found) = try session.run(
      next, try gradients.map { try #require($0) }, feeding: feeds)
    try golden.expect(state.c, is: "newC")
    try golden.expect(state.h, is: "newH")
    for (key, gradient) in zip(["dx", "dc", "dh", "dKernel", "dBias"], found) {
      try golden.expect(gradient, is: key)
    }
  }

  @Test("weights are named and initialised as TensorFlow's")
  func weights() throws {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    let cell = BasicLSTMCell(units: 4)
    graph.variableScope("encoder") { _ = cell(x, cell.zeroState(like: x)) }
    try graph.validate()
    #expect(
      graph.variables.map(\.name) == [
        "encoder/basic_lstm_cell/kernel", "encoder/basic_lstm_cell/bias",
      ])
    #expect(graph.trainableVariables.count == 2)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let kernel = try session.value(named: "encoder/basic_lstm_cell/kernel")
    let limit = (6.0 / Double(7 + 16)).squareRoot()
    #expect(kernel.shape == [7, 16])
    #expect(kernel.doubles().allSatisfy { abs($0) <= limit })
    #expect(kernel.doubles().contains { abs($0) > limit / 2 })
    #expect(
      try session.value(named: "encoder/basic_lstm_cell/bias") == .zeros(.float32, [16]))
  }

  @Test("a cell called again uses its weights again, wherever that is")
  func reuse() throws {
    let graph = Graph()
    let cell = BasicLSTMCell(units: 2)
    let x = graph.constant(noise([3, 2], seed: 1, .float32))
    let first = cell(x, cell.zeroState(batchSize: 3, in: graph))
    let second = graph.variableScope("elsewhere") { cell(x, cell.zeroState(like: x)) }
    try graph.validate()
    #expect(graph.variables.count == 2)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b) = try session.run(first.output, second.output)
    #expect(a == b)
    #expect(a.doubles().contains { $0 != 0 })
  }

  @Test("one cell serves several graphs, with weights of each")
  func severalGraphs() throws {
    let cell = BasicLSTMCell(units: 2)
    let graphs = [Graph(), Graph()]
    for graph in graphs {
      let x = graph.placeholder(.float32, [nil, 2], name: "x")
      _ = cell(x, cell.zeroState(like: x))
      try graph.validate()
    }
    #expect(graphs.map(\.variables.count) == [2, 2])
  }

  @Test("two cells in one variable scope are an error, and with reuse they share")
  func twoCells() throws {
    let clash = Graph()
    let x = clash.placeholder(.float32, [nil, 2], name: "x")
    for _ in 0..<2 {
      let cell = BasicLSTMCell(units: 2)
      _ = cell(x, cell.zeroState(like: x))
    }
    let messages = clash.diagnostics.map(\.message)
    #expect(messages.contains { $0.contains("'basic_lstm_cell/kernel' exists already") })

    let shared = Graph()
    let y = shared.placeholder(.float32, [nil, 2], name: "y")
    shared.variableScope("shared", reuse: .automatic) {
      for _ in 0..<2 {
        let cell = BasicLSTMCell(units: 2)
        _ = cell(y, cell.zeroState(like: y))
      }
    }
    try shared.validate()
    #expect(shared.variables.count == 2)
  }

  @Test("sizes are told")
  func sizes() {
    let cell = BasicLSTMCell(units: 128)
    #expect(cell.outputSize == 128)
    #expect(cell.stateSize == LSTMState(c: 128, h: 128))
    #expect("\(cell.stateSize)" == "LSTMState(c: 128, h: 128)")
  }

  @Test("zero states have the rows asked for")
  func zeroStates() throws {
    let graph = Graph()
    let cell = BasicLSTMCell(units: 3)
    let rows = graph.placeholder(.float64, [nil, 7], name: "rows")
    let timeMajor = graph.placeholder(.float64, [5, nil, 7], name: "timeMajor")
    let fixed = cell.zeroState(batchSize: 2, dtype: .float64, in: graph)
    let open = cell.zeroState(like: rows)
    let second = cell.zeroState(like: timeMajor, batchAxis: 1, dtype: .float32)
    #expect(open.h.type == TensorType(.float64, [nil, 3]))
    let session = Session(graph)
    let (a, b, c) = try session.run(
      fixed, open, second,
      feeding: [
        rows: NDArray.zeros(.float64, [4, 7]), timeMajor: NDArray.zeros(.float64, [5, 6, 7]),
      ])
    #expect(a == LSTMState(c: .zeros(.float64, [2, 3]), h: .zeros(.float64, [2, 3])))
    #expect(b == LSTMState(c: .zeros(.float64, [4, 3]), h: .zeros(.float64, [4, 3])))
    #expect(c == LSTMState(c: .zeros(.float32, [6, 3]), h: .zeros(.float32, [6, 3])))
  }

  @Test("a fetched state can be fed")
  func carriedState() throws {
    let graph = Graph()
    let cell = BasicLSTMCell(units: 3, dtype: .float64)
    let x = graph.placeholder(.float64, [nil, 2], name: "x")
    let state = cell.zeroState(like: x)
    let once = cell(x, state)
    let twice = cell(x, once.state)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let input = noise([2, 2], seed: 5)
    let first = try session.run(once.state, feeding: [x: input])
    let literal = try session.run(once.state, feeding: [x: input, state: first])
    let checked = try session.run(
      once.state, feeding: Feeds().feed(x, input).feed(state, first))
    let expected = try session.run(twice.state, feeding: [x: input])
    #expect(literal == expected)
    #expect(checked == expected)
    #expect(first != expected)
  }
}
