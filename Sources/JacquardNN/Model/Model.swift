import Jacquard
import JacquardArrays

/// A network with what it takes to train and use it: graph, session, loss, training step.
///
/// ```swift
/// let (read, dropout, classify) = (LSTM(64), Dropout(0.2), Dense(10, activation: .softmax))
/// let model = Model(inputShape: [28, 28]) { x, training in
///   classify(dropout(read(x), training: training))
/// }
/// model.compile(optimizer: .adam, loss: .categoricalCrossentropy, metrics: [.accuracy])
/// try model.fit(images, labels, batchSize: 128, epochs: 10)
/// ```
///
/// It is a thin layer over the graph, which is public with all its parts: go on by hand wherever it does not do what you
/// want. A chain of layers is shorter to write as a ``Sequential``. With one seed, all results are the same each time.
public class Model {
  /// What the network is built in.
  public let graph: Graph
  /// What the network runs in, and where its weights are.
  public let session: Session
  /// What it is called in summaries.
  public let name: String
  /// Whether ``fit(_:_:batchSize:epochs:validationData:validationSplit:shuffle:callbacks:verbosity:)`` stops after the current batch;
  /// for callbacks.
  public var stopTraining = false

  /// The number of epochs that have been shuffled, so that each has another order.
  var shuffledEpochs = 0
  /// The number of epochs of the current training that were taken before it was resumed.
  var resumedEpochs = 0

  private let network: (@Sendable (_ x: Tensor, _ training: Bool) -> Tensor)?
  private var exampleShape: PartialShape?
  private var inputDType: DType?
  private var placeholder: Tensor?
  private var built: BuiltNetwork?
  private var builtTrainingOutput: Tensor?
  private var recipe: TrainingRecipe?
  private var training: CompiledTraining?
  /// What the file says, of a model that was loaded.
  private let loaded: LoadedModel?

  /// A network that `network` builds.
  ///
  /// - Parameters:
  ///   - inputShape: the shape of one example, without the batch; dimensions may be open. Without it, the first arrays decide.
  ///   - inputDType: the element type of the inputs; if `nil`, float32 or, without `inputShape`, that of the first arrays.
  ///   - seed: decides initial weights, dropout and the order of examples.
  ///   - options: of the session.
  ///   - name: what it is called in summaries.
  ///   - network: builds the output, `[batch, …]`, from the input; called once, or twice if a layer behaves differently in training. Make
  ///     layers outside it, so that both calls share their weights.
  public convenience init(
    inputShape: PartialShape? = nil, inputDType: DType? = nil, seed: UInt64 = 0,
    options: SessionOptions = SessionOptions(), name: String = "model",
    _ network: @escaping @Sendable (_ x: Tensor, _ training: Bool) -> Tensor
  ) {
    self.init(inputShape, inputDType, seed, options, name, network: network)
  }

  init(
    _ inputShape: PartialShape?, _ inputDType: DType?, _ seed: UInt64, _ options: SessionOptions,
    _ name: String, network: (@Sendable (_ x: Tensor, _ training: Bool) -> Tensor)?
  ) {
    graph = Graph(seed: seed)
    session = Session(graph, options: options)
    exampleShape = inputShape
    self.inputDType = inputDType ?? (inputShape == nil ? nil : .float32)
    self.name = name
    self.network = network
    loaded = nil
  }

  /// The model that ``save(to:pruned:)`` wrote to the file at `path`, without the code of its layers.
  ///
  /// It predicts, evaluates, and goes on training as the model would have that was saved; it may be compiled anew. Its ``layers`` are
  /// empty: a graph is all there is of them.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - options: of the session.
  ///   - ops: types of ops of your own that the layers use.
  /// - Throws: `SavedModelError`, `SafeTensorsError`, `FileReadError`; ``ModelError/notAModel(file:reason:)``.
  public init(
    contentsOf path: String, options: SessionOptions = SessionOptions(), ops: [any Op.Type] = []
  ) throws {
    let saved = try SavedModel(contentsOf: path, options: options, ops: ops)
    let loaded = try LoadedModel(saved, file: path)
    (graph, session) = (saved.graph, saved.session)
    (name, shuffledEpochs) = (loaded.document.name, loaded.document.shuffledEpochs)
    (exampleShape, inputDType) = (loaded.exampleShape, loaded.network.input.dtype)
    network = nil
    placeholder = loaded.network.input
    built = loaded.network
    builtTrainingOutput = loaded.trainingOutput
    training = loaded.training
    self.loaded = loaded
  }

  /// Builds the output from the input.
  func makeOutput(_ x: Tensor, training: Bool) -> Tensor { network?(x, training) ?? x }

  // MARK: Parts of the graph

  /// The shape of one example, without the batch; `nil` until it is known.
  public var inputShape: PartialShape? { exampleShape }

  /// The placeholder for examples, `[batch] + inputShape`.
  ///
  /// Asking for it builds the network. Where the shape of an example is not known yet, that is a diagnostic of the graph.
  public var input: Tensor { network(orDiagnose: "input").input }

  /// What the model predicts, `[batch, …]`; asking for it builds the network.
  public var output: Tensor { network(orDiagnose: "output").output }

  /// What training differentiates, `[batch, …]`: ``output`` unless layers behave differently in training.
  public var trainingOutput: Tensor {
    if let builtTrainingOutput { return builtTrainingOutput }
    let network = network(orDiagnose: "trainingOutput")
    guard network.usesTraining else { return network.output }
    let made = graph.scope("training") { makeOutput(network.input, training: true) }
    builtTrainingOutput = made
    return made
  }

  /// The layers that are called one after the other, not those inside others; none before the network is built.
  public var layers: [any Layer] { built.map { $0.rows.map(\.layer) } ?? [] }

  /// The weights of the layers, in the order of the layers.
  public var variables: [Variable] {
    loaded?.variables ?? uniqueLayers.flatMap { $0.variables(in: graph) }
  }

  /// What layers want to be run with each step.
  var layerUpdates: [Operation] {
    loaded?.updates ?? uniqueLayers.flatMap { $0.updates(in: graph) }
  }

  /// The placeholder for labels; `nil` before the model is compiled and the shape of an example is known.
  public var labels: Tensor? { compiledTraining?.labels }

  /// The mean loss of a batch, with ``output``; `nil` as ``labels``.
  public var loss: Tensor? { compiledTraining?.loss }

  /// What a training step makes smaller: the mean loss with ``trainingOutput``, and the penalties of regularizers.
  public var trainingLoss: Tensor? { compiledTraining?.trainingLoss }

  /// The means of the metrics over a batch, by name, with ``output``.
  public var metrics: [(name: String, mean: Tensor)] {
    compiledTraining.map { Array(zip($0.metricNames, $0.metrics)) } ?? []
  }

  /// One training step: changes the weights, and whatever else layers update. It fails, and changes nothing, where the loss or a
  /// gradient is NaN or infinite.
  public var trainStep: Operation? { compiledTraining?.trainStep }

  // MARK: Training

  /// Says how the model is trained; weights stay as they are.
  ///
  /// - Parameters:
  ///   - optimizer: what changes the weights.
  ///   - loss: what is made smaller.
  ///   - metrics: what is reported besides.
  public func compile(
    optimizer: some Optimizer, loss: Loss, metrics: [Metric] = [], file: StaticString = #fileID,
    line: UInt = #line
  ) {
    recipe = TrainingRecipe(
      optimizer: optimizer, loss: loss, metrics: metrics, file: file, line: line)
    training = nil
    _ = compiledTraining
  }

  /// Whether ``compile(optimizer:loss:metrics:file:line:)`` has been called, on this model or on the one that was saved.
  var isCompiled: Bool { recipe != nil || training != nil }

  /// What training is made of; `nil` before it is known how to train, or on what.
  var compiledTraining: CompiledTraining? {
    if let training { return training }
    guard let recipe, exampleShape != nil else { return nil }
    let compiled = recipe.compile(
      output: output, trainingOutput: trainingOutput,
      updates: layerUpdates)
    training = compiled
    return compiled
  }

  // MARK: Building

  /// Decides the shape of an example, unless it has been decided.
  func adoptInput(_ type: TensorType) {
    guard exampleShape == nil, let dimensions = type.shape.dimensions else { return }
    exampleShape = PartialShape(Array(dimensions.dropFirst()))
    inputDType = inputDType ?? type.dtype
  }

  /// Forgets the network, to be built anew; what it was compiled to is no longer valid.
  func invalidateNetwork() {
    built = nil
    builtTrainingOutput = nil
    recipe = nil
    training = nil
  }

  /// The network, if it is built or can be.
  var builtNetwork: BuiltNetwork? { exampleShape == nil ? nil : network(orDiagnose: "") }

  private func network(orDiagnose part: String) -> BuiltNetwork {
    if let built { return built }
    guard let exampleShape else {
      graph.diagnose(
        "the model's \(part) is asked for before the shape of its inputs is known",
        remedy: "make the model with inputShape:", op: "Model")
      let invalid = graph.invalid(TensorType(inputDType ?? .float32, .unknown))
      return BuiltNetwork(input: invalid, output: invalid, rows: [])
    }
    let input = placeholder ?? makePlaceholder(exampleShape)
    placeholder = input
    let trace = LayerTrace()
    let output = LayerTrace.$current.withValue(trace) { makeOutput(input, training: false) }
    let network = BuiltNetwork(
      input: input, output: output,
      rows: trace.entries.map { (layer: $0.layer, shape: $0.output.shape) })
    built = network
    return network
  }

  private func makePlaceholder(_ exampleShape: PartialShape) -> Tensor {
    let shape = PartialShape(exampleShape.dimensions.map { [nil] + $0 })
    return graph.placeholder(inputDType ?? .float32, shape, name: "input")
  }

  /// The layers, each once however often it is called.
  var uniqueLayers: [any Layer] {
    var seen = Set<ObjectIdentifier>()
    return layers.filter { seen.insert(ObjectIdentifier($0.weights)).inserted }
  }
}

/// A network in a graph.
struct BuiltNetwork {
  let input: Tensor
  let output: Tensor
  /// The layers in the order they are called, with the shapes of their results.
  let rows: [(layer: any Layer, shape: PartialShape)]

  /// Whether the network for training is another.
  var usesTraining: Bool { rows.isEmpty || rows.contains { $0.layer.usesTraining } }
}
