import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Layers")
struct LayerTests {
  @Test("weights are named as in Keras, numbered where a name is taken")
  func names() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 5, 3])
    let chain: [any Layer] = [
      Dense(4), LSTM(2, returnSequences: true), Bidirectional(GRU(2, returnSequences: true)),
      TimeDistributed(Dense(3)), BatchNormalization(), SimpleRNN(2), Dense(2, useBias: false),
      Dense(1, name: "logits"),
    ]
    _ = chain.reduce(x) { $1($0) }
    try graph.validate()
    #expect(
      graph.variables.map(\.name) == [
        "dense/kernel", "dense/bias", "lstm/kernel", "lstm/recurrent_kernel", "lstm/bias",
        "bidirectional/forward_gru/kernel", "bidirectional/forward_gru/recurrent_kernel",
        "bidirectional/forward_gru/bias", "bidirectional/backward_gru/kernel",
        "bidirectional/backward_gru/recurrent_kernel", "bidirectional/backward_gru/bias",
        "time_distributed/dense_1/kernel", "time_distributed/dense_1/bias",
        "batch_normalization/gamma", "batch_normalization/beta", "batch_normalization/moving_mean",
        "batch_normalization/moving_variance", "simple_rnn/kernel", "simple_rnn/recurrent_kernel",
        "simple_rnn/bias", "dense_2/kernel", "logits/kernel", "logits/bias",
      ])
    #expect(chain.flatMap { $0.variables(in: graph) } == graph.variables)
  }

  @Test(
    "a layer called again, for training or not, has the weights it had; in another graph it has others"
  )
  func sharing() throws {
    let layer = Dense(4, activation: .tanh)
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3])
    let (first, second) = (layer(x), layer(x, training: true))
    #expect(graph.variables.count == 2)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b) = try session.run(first, second, feeding: [x: noise([2, 3], seed: 1, .float32)])
    #expect(a == b)

    let other = Graph()
    _ = layer(other.placeholder(.float32, [nil, 7]))
    try other.validate()
    #expect(other.variables.map(\.shape) == [[7, 4], [4]])
    #expect(layer.parameterCount(in: graph) == 16)
    #expect(layer.parameterCount(in: other) == 32)
  }

  @Test(
    "parameters are counted as Keras counts them",
    arguments: [
      (LSTM(128) as any Layer, 80384), (GRU(128), 60672), (GRU(128, resetAfter: false), 60288),
      (SimpleRNN(128), 20096), (Bidirectional(LSTM(128)), 160768), (Dense(10), 290),
      (BatchNormalization(), 112), (LayerNormalization(), 56), (Conv1D(16, 3), 1360),
      (Dropout(0.5), 0),
    ])
  func parameterCount(_ layer: any Layer, count: Int) throws {
    let graph = Graph()
    _ = layer(graph.placeholder(.float32, [nil, 28, 28]))
    try graph.validate()
    #expect(layer.parameterCount(in: graph) == count)
  }

  @Test("the bias of an LSTM's forget gate starts at 1, the others at 0; not so if it is told")
  func forgetBias() throws {
    for (layer, forget) in [(LSTM(2), 1.0), (LSTM(2, unitForgetBias: false), 0)] {
      let graph = Graph()
      _ = layer(graph.placeholder(.float32, [nil, 4, 3]))
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      let bias = try session.value(named: "lstm/bias").doubles()
      #expect(bias == [0, 0, forget, forget, 0, 0, 0, 0])
    }
  }

  @Test("dropout drops its share in training, scales the rest, and else does nothing")
  func dropout() throws {
    let graph = Graph(seed: 3)
    let x = graph.placeholder(.float64, [nil, 1000])
    let layer = Dropout(0.3)
    #expect(layer(x) == x)
    let y = layer(x, training: true)
    let session = Session(graph)
    let feeds: Feeds = [x: NDArray.full(2, dtype: .float64, shape: [10, 1000])]
    let first = try session.run(y, feeding: feeds)
    let kept = first.doubles().filter { $0 != 0 }
    #expect(kept.allSatisfy { abs($0 - 2 / 0.7) < 1e-12 })
    #expect(abs(Double(kept.count) / 10_000 - 0.7) < 0.02)
    let second = try session.run(y, feeding: feeds)
    #expect(first != second)
  }

  @Test("shapes: flattened and reshaped examples, steps of sequences of any length")
  func shapes() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, 2, 6])
    #expect(Flatten()(x).shape == [nil, 12])
    #expect(Reshape([3, -1])(x).shape == [nil, 3, 4])
    #expect(Reshape([4, 3])(graph.placeholder(.float64, [5, 12])).shape == [5, 4, 3])
    let open = graph.placeholder(.float64, [nil, nil, 3])
    let layer = TimeDistributed(Dense(2, activation: .tanh))
    let y = layer(open)
    #expect(y.shape == [nil, nil, 2])
    #expect(LSTM(4, returnSequences: true)(open).shape == [nil, nil, 4])
    let lines = Reshape([-1])(open)
    try graph.validate()

    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for (rows, steps) in [(2, 3), (4, 1), (0, 2)] {
      let value = noise([rows, steps, 3], seed: 1)
      let (result, flat) = try session.run(y, lines, feeding: [open: value])
      #expect(result.shape == [rows, steps, 2])
      #expect(flat == value.reshaped(to: [rows, steps * 3]))
      guard rows > 0 else { continue }
      // A single step is what the layer inside makes of it.
      let single = try session.run(y, feeding: [open: value.sliced(axis: 1, range: 0..<1)])
      expectClose(single, result.sliced(axis: 1, range: 0..<1), tolerance: 1e-12)
    }
  }

  @Test("a user's own layer needs the public protocol alone: weights, updates, sublayers")
  func ownLayer() throws {
    let graph = Graph()
    let layer = CountedScale()
    let x = graph.placeholder(.float32, [nil, 2])
    let (predicted, trained) = (layer(x), layer(x, training: true))
    #expect(
      graph.variables.map(\.name) == [
        "counted_scale/factor", "counted_scale/calls", "counted_scale/inside/kernel",
        "counted_scale/inside/bias",
      ])
    #expect(layer.variables(in: graph).count == 4)
    #expect(layer.trainableVariables(in: graph).count == 3)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let updates = layer.updates(in: graph)
    #expect(updates.count == 1)
    let feeds: Feeds = [x: NDArray([[1, 2]] as [[Float]])]
    for _ in 0..<3 { try session.run(trained, graph.group(updates), feeding: feeds) }
    try session.run(predicted, feeding: feeds)
    let calls = try session.value(named: "counted_scale/calls").intValue
    #expect(calls == 3)
  }

  @Test("activations apply to each element")
  func activation() throws {
    let graph = Graph()
    let x = graph.constant(NDArray([-3, -1, 0, 2] as [Double]))
    let cube = ActivationFunction("cube") { $0 * $0 * $0 }
    let (a, b) = try Session(graph).run(Activation(.hardSigmoid)(x), Activation(cube)(x))
    expectClose(a, NDArray([0, 0.3, 0.5, 0.9] as [Double]), tolerance: 1e-15)
    #expect(b.doubles() == [-27, -1, 0, 8])
  }
}

/// A layer that counts how often it is trained.
private final class CountedScale: Layer {
  let weights = LayerWeights(name: "counted_scale")
  private let inside = Dense(3, name: "inside")

  var sublayers: [any Layer] { [inside] }

  func apply(to x: Tensor, training: Bool) -> Tensor {
    let graph = x.graph
    let factor = weights.weight("factor", [], dtype: x.dtype, initializer: .ones, in: graph)
    let calls = weights.weight(
      "calls", [], dtype: .int64, initializer: .zeros, trainable: false, in: graph)
    if training { weights.addUpdate(calls.assignAdd(graph.scalar(1, .int64))) }
    return inside(x * factor, training: training)
  }
}
