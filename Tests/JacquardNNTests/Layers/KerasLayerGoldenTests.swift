import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Layers against Keras")
struct KerasLayerGoldenTests {
  @Test(
    "results and gradients with the same weights, for predictions and for training",
    arguments: Goldens.load("keras_layers"))
  func layer(_ golden: GoldenCase) throws {
    let graph = Graph()
    let given = try golden["x"]
    let layer = try golden.layer
    // The batch is open, as in a model.
    let x = graph.placeholder(
      given.dtype, PartialShape([nil] + given.shape.dropFirst().map(Optional.some)))
    let training = try golden.attributes["training"] != nil && golden.flag("training")
    let y = layer(x, training: training)
    #expect(
      y.shape.isContained(
        in: PartialShape([nil] + (try golden["y"]).shape.dropFirst().map(Optional.some))))
    let trained = layer.trainableVariables(in: graph)
    let sources = (given.dtype.isFloatingPoint ? [x] : []) + trained
    let gradients = graph.gradients(
      of: [y], withRespectTo: sources, gradientsOf: [graph.constant(try golden["dy"])])
    try graph.validate()

    let session = Session(graph)
    let variables = layer.variables(in: graph)
    #expect(golden.arrays.keys.filter { $0.hasPrefix("w") }.count == variables.count)
    for (index, variable) in variables.enumerated() {
      try session.assign(variable, try golden["w\(index)"])
    }
    let (value, slopes) = try session.run(
      y, try gradients.map { try #require($0) }, feeding: [x: given])
    try golden.expect(value, is: "y")
    var keys = given.dtype.isFloatingPoint ? ["dx"] : []
    for (index, variable) in variables.enumerated() where trained.contains(variable) {
      keys.append("dw\(index)")
    }
    #expect(keys.count == slopes.count)
    for (key, slope) in zip(keys, slopes) { try golden.expect(slope, is: key) }

    #expect(layer.updates(in: graph).isEmpty == !training)
    try session.run(graph.group(layer.updates(in: graph)), feeding: [x: given])
    for (index, variable) in variables.enumerated() {
      let key = golden.arrays["new\(index)"] == nil ? "w\(index)" : "new\(index)"
      try golden.expect(try session.value(of: variable), is: key)
    }
  }
}

extension GoldenCase {
  private func number(_ key: String, or other: Int) throws -> Int {
    attributes[key] == nil ? other : Int(try number(key))
  }

  private func function(_ key: String) throws -> ActivationFunction {
    let functions: [String: ActivationFunction] = [
      "linear": .linear, "relu": .relu, "tanh": .tanh, "sigmoid": .sigmoid,
      "hardSigmoid": .hardSigmoid, "softmax": .softmax, "elu": .elu, "selu": .selu,
      "softplus": .softplus, "softsign": .softsign, "swish": .swish, "exponential": .exponential,
    ]
    return try #require(functions[try text(key)])
  }

  /// The layer that the attributes describe.
  var layer: any Layer {
    get throws {
      switch try text("layer") {
      case "lstm", "gru", "simple_rnn": return try recurrentLayer(try text("layer"))
      case "bidirectional":
        let merges: [String: Bidirectional.Merge] = [
          "concat": .concat, "sum": .sum, "mul": .mul, "ave": .ave,
        ]
        let merge = try #require(merges[try text("merge")])
        return Bidirectional(try recurrentLayer(try text("inner")), mergeMode: merge)
      case "time_distributed": return TimeDistributed(try dense)
      case "dense": return try dense
      case "embedding":
        return Embedding(
          try number("inputs", or: 0), try number("units", or: 0), dtype: try dtype)
      case "batch_normalization":
        return BatchNormalization(momentum: try number("momentum"), epsilon: try number("epsilon"))
      case "layer_normalization": return LayerNormalization(epsilon: try number("epsilon"))
      case "activation": return Activation(try function("activation"))
      default: return try windowLayer(try text("layer"))
      }
    }
  }

  private var dense: Dense {
    get throws {
      Dense(
        try number("units", or: 0), activation: try function("activation"),
        useBias: try number("useBias", or: 1) == 1)
    }
  }

  private func recurrentLayer(_ kind: String) throws -> any RecurrentLayer {
    let units = try number("units", or: 0)
    let (useBias, returnSequences, goBackwards) = (
      try number("useBias", or: 1) == 1, try number("returnSequences", or: 0) == 1,
      try number("goBackwards", or: 0) == 1
    )
    let activation = try function("activation")
    switch kind {
    case "lstm":
      return LSTM(
        units, activation: activation, recurrentActivation: try function("recurrentActivation"),
        useBias: useBias, returnSequences: returnSequences, goBackwards: goBackwards)
    case "gru":
      return GRU(
        units, activation: activation, recurrentActivation: try function("recurrentActivation"),
        useBias: useBias, returnSequences: returnSequences, goBackwards: goBackwards,
        resetAfter: try flag("resetAfter"))
    default:
      return SimpleRNN(
        units, activation: activation, useBias: useBias, returnSequences: returnSequences,
        goBackwards: goBackwards)
    }
  }

  private func windowLayer(_ kind: String) throws -> any Layer {
    let padding: Padding = try text("padding") == "same" ? .same : .valid
    let (window, strides) = (Int(try number("window")), try number("strides", or: 1))
    let (window2, strides2) = ((window, window), (strides, strides))
    switch kind {
    case "conv1d":
      return Conv1D(
        try number("filters", or: 0), window, strides: strides, padding: padding,
        activation: try function("activation"), useBias: try number("useBias", or: 1) == 1)
    case "conv2d":
      return Conv2D(
        try number("filters", or: 0), window2, strides: strides2, padding: padding,
        activation: try function("activation"), useBias: try number("useBias", or: 1) == 1)
    case "max_pooling1d": return MaxPooling1D(window, strides: strides, padding: padding)
    case "max_pooling2d": return MaxPooling2D(window2, strides: strides2, padding: padding)
    case "average_pooling1d": return AveragePooling1D(window, strides: strides, padding: padding)
    case "average_pooling2d": return AveragePooling2D(window2, strides: strides2, padding: padding)
    default: throw GoldenError("unknown layer \(kind)")
    }
  }
}
