import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct RNNBuilderGoldenTests {
  @Test("values, names and gradients are TensorFlow's", arguments: Goldens.load("rnn_builders"))
  func golden(_ golden: GoldenCase) throws {
    let graph = Graph()
    let dtype = try golden.dtype
    let x = graph.placeholder(dtype, [nil, 4, 2], name: "x")
    let lengths = graph.placeholder(.int32, [nil], name: "lengths")
    let states = try stateKeys(of: golden).map {
      graph.placeholder(dtype, [nil, try golden[$0].shape[1]], name: $0)
    }
    let operands = BuilderOperands(x: x, lengths: lengths, states: states)
    let results = try operands.results(of: try golden.text("builder"))
    try graph.validate()

    let names = try golden.text("variables").split(separator: " ").map(String.init)
    #expect(graph.variables.map(\.name).sorted() == names.sorted())
    let variables = try names.map { try #require(graph.tensor(named: $0)) }
    let targets = [x] + states + variables
    let gradients = graph.gradients(
      of: results, withRespectTo: targets,
      gradientsOf: try results.indices.map { graph.constant(try golden["dy\($0)"]) })
    let session = Session(graph)
    var feeds: Feeds = [x: try golden["x"], lengths: try golden["lengths"]]
    for (index, variable) in variables.enumerated() {
      try session.assign(variable, try golden["w\(index)"])
    }
    for (index, state) in states.enumerated() {
      feeds = feeds.feed(state, try golden["s\(index)"])
    }
    let (values, slopes) = try session.run(
      results, try gradients.map { try #require($0) }, feeding: feeds)
    for (index, value) in values.enumerated() { try golden.expect(value, is: "y\(index)") }
    let keys =
      ["dx"] + states.indices.map { "ds\($0)" } + variables.indices.map { "dw\($0)" }
    #expect(keys.count == slopes.count)
    for (key, slope) in zip(keys, slopes) { try golden.expect(slope, is: key) }
  }

  private func stateKeys(of golden: GoldenCase) -> [String] {
    (0..<4).map { "s\($0)" }.filter { golden.arrays[$0] != nil }
  }
}

/// What the networks of `rnn_builders.json` are built from.
private struct BuilderOperands {
  let x: Tensor
  let lengths: Tensor
  let states: [Tensor]

  private var steps: [Tensor] { x.unstacked(count: 4, axis: 1) }
  private var lstmState: LSTMState<Tensor> { LSTMState(c: states[0], h: states[1]) }

  func results(of builder: String) throws -> [Tensor] {
    switch builder {
    case "static_rnn":
      let (outputs, state) = staticRNN(
        BasicLSTMCell(units: 3), steps, initialState: lstmState, sequenceLength: lengths)
      return [stack(outputs, axis: 1)] + state.tensors
    case "bidirectional_dynamic_rnn":
      let (outputs, last) = bidirectionalDynamicRNN(
        BasicLSTMCell(units: 3), GRUCell(units: 2), x, sequenceLength: lengths,
        initialForwardState: lstmState, initialBackwardState: states[2])
      return outputs.tensors + last.tensors
    case "static_bidirectional_rnn":
      let (outputs, last) = staticBidirectionalRNN(
        BasicLSTMCell(units: 3), GRUCell(units: 2), steps, initialForwardState: lstmState,
        initialBackwardState: states[2], sequenceLength: lengths)
      return [stack(outputs, axis: 1)] + last.tensors
    case "stack_bidirectional_rnn":
      let (outputs, last) = stackBidirectionalRNN(
        [GRUCell(units: 3), GRUCell(units: 2)], [GRUCell(units: 3), GRUCell(units: 2)], steps,
        initialForwardStates: Array(states[0..<2]), initialBackwardStates: Array(states[2..<4]),
        sequenceLength: lengths)
      return [stack(outputs, axis: 1)] + last.tensors
    case "stack_bidirectional_dynamic_rnn":
      let (outputs, last) = stackBidirectionalDynamicRNN(
        [GRUCell(units: 3), GRUCell(units: 2)], [GRUCell(units: 3), GRUCell(units: 2)], x,
        sequenceLength: lengths, initialForwardStates: Array(states[0..<2]),
        initialBackwardStates: Array(states[2..<4]))
      return [outputs] + last.tensors
    case "raw_rnn": return rawRNNResults
    case "raw_rnn_decoder": return decoderResults
    default: throw GoldenError("there is no builder '\(builder)'")
    }
  }

  private func column(_ step: Int) -> Tensor {
    x.gathered(at: x.graph.scalar(Double(step), .int32), axis: 1)
  }

  /// dynamicRNN by rawRNN, as `raw_rnn` in `families/rnn_builders.py`.
  private var rawRNNResults: [Tensor] {
    let array = TensorArray(unstacking: x.transposed([1, 0, 2]))
    let lengths = lengths.cast(to: .int64)
    let raw = rawRNN(
      BasicLSTMCell(units: 3), finished: lengths .<= 0, input: array.read(0), state: lstmState,
      stepsOf: x, axis: 1
    ) { last in
      let next = minimum(last.time, x.graph.scalar(3, .int64))
      return RawRNNStep(finished: last.time .>= lengths, input: array.read(next))
    }
    return [raw.outputs] + raw.state.tensors
  }

  /// Reads what it wrote, emits another structure, and counts in its loop state with finished rows.
  private var decoderResults: [Tensor] {
    let lengths = lengths.cast(to: .int64)
    let raw = rawRNN(
      GRUCell(units: 3), finished: lengths .<= 0, input: column(0), state: states[0],
      loopState: states[1], maximumSteps: 4
    ) { last in
      let step = last.output.slice(axis: 1, range: 0..<2) * 2 + column(1)
      return RawRNNStep(
        finished: last.time .>= lengths, input: step, state: last.state * 0.5,
        emitted: [step, last.output * last.output], loopState: last.loopState + last.output)
    }
    return raw.outputs + [raw.state, raw.loopState]
  }
}
