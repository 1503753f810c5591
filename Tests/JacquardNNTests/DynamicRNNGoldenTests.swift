import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct DynamicRNNGoldenTests {
  @Test("dynamicRNN is TensorFlow's", arguments: Goldens.load("dynamic_rnn"))
  func golden(_ golden: GoldenCase) throws {
    let model = try GoldenModel(golden)
    for window in [1, 32] { try model.check(parallelIterations: window) }
  }
}

/// The network of a case of `dynamic_rnn.json`.
struct GoldenModel {
  let golden: GoldenCase

  init(_ golden: GoldenCase) throws { self.golden = golden }

  func check(parallelIterations: Int) throws {
    let graph = Graph()
    let dtype = try golden.dtype
    let (units, depth) = (Int(try golden.number("units")), Int(try golden.number("inputs")))
    let x = graph.placeholder(dtype, [nil, nil, depth], name: "x")
    var feeds: Feeds = [x: try golden["x"]]
    let lengths = try golden.flag("sequenceLength") ? graph.placeholder(.int32, [nil]) : nil
    if let lengths { feeds = feeds.feed(lengths, try golden["lengths"]) }
    var start: LSTMState<Tensor>?
    if try golden.flag("initialState") {
      let state = LSTMState(
        c: graph.placeholder(dtype, [nil, units], name: "c"),
        h: graph.placeholder(dtype, [nil, units], name: "h"))
      feeds = feeds.feed(state, LSTMState(c: try golden["c"], h: try golden["h"]))
      start = state
    }
    let cell = BasicLSTMCell(units: units, forgetBias: try golden.number("forgetBias"))
    let (outputs, state) = dynamicRNN(
      cell, x, sequenceLength: lengths, initialState: start,
      parallelIterations: parallelIterations, timeMajor: try golden.flag("timeMajor"))
    let kernel = try #require(graph.tensor(named: "rnn/basic_lstm_cell/kernel"))
    let bias = try #require(graph.tensor(named: "rnn/basic_lstm_cell/bias"))
    let targets = [x, kernel, bias] + (start?.tensors ?? [])
    let weights = try ["dOutputs", "dFinalC", "dFinalH"].map { graph.constant(try golden[$0]) }
    let gradients = graph.gradients(
      of: [outputs, state.c, state.h], withRespectTo: targets, gradientsOf: weights)

    let session = Session(graph)
    try session.assign(kernel, try golden["kernel"])
    try session.assign(bias, try golden["bias"])
    let (values, last, found) = try session.run(
      outputs, state, try gradients.map { try #require($0) }, feeding: feeds)
    try golden.expect(values, is: "outputs")
    try golden.expect(last.c, is: "finalC")
    try golden.expect(last.h, is: "finalH")
    for (key, gradient) in zip(["dx", "dKernel", "dBias", "dc", "dh"], found) {
      try golden.expect(gradient, is: key)
    }
  }
}
