import Foundation
import Jacquard
import JacquardArrays

extension Model {
  /// Saves the model as one file, which is replaced as a whole or not at all: the graph, the weights, the state of the optimizer.
  ///
  /// ``init(contentsOf:options:ops:)`` loads it without the code of its layers, and so does Jacquard's `SavedModel`, by the names `input`,
  /// `labels`, `output`, `loss`, those of the metrics, and `train_step`.
  ///
  /// - Parameters:
  ///   - path: the file; `model.safetensors`.
  ///   - pruned: whether only what predictions need is saved: no labels, losses, gradients and slots of the optimizer.
  /// - Throws: ``ModelError`` if the shape of an example is not known yet; `GraphError`; `SavedModelError`; `FileWriteError`.
  public func save(to path: String, pruned: Bool = false) throws {
    guard builtNetwork != nil else {
      throw ModelError.invalidArgument(
        name: "the shape of the inputs", value: "not known yet",
        remedy: "make the model with inputShape:, or fit it before it is saved")
    }
    try initializeVariables()
    let parts = SavedModelParts(self, isPruned: pruned)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(parts.document), as: UTF8.self)
    try SavedModel.save(
      session, parts.signature, to: path, pruned: pruned,
      metadata: [ModelDocument.key: text])
  }
}

/// What a file says of a model besides its graph, by the names of tensors, operations and variables.
struct ModelDocument: Codable {
  /// Where in the metadata it is.
  static let key = "model"

  struct Training: Codable {
    var labelForm: Loss.LabelForm
    /// The outputs that are the loss and the metrics of a test.
    var test: [String]
    /// The outputs that are the loss and the metrics of a training step.
    var training: [String]
    var metricNames: [String]
    /// What operations that look for NaN look at, by their names.
    var checks: [String: String]
  }

  var name: String
  var shuffledEpochs: Int
  /// The weights of the layers, in the order of the layers.
  var variables: [String]
  /// What layers want to be run with each step.
  var updates: [String]
  var training: Training?
}

/// A model as a signature and a document.
private struct SavedModelParts {
  var signature: ModelSignature
  var document: ModelDocument

  init(_ model: Model, isPruned: Bool) {
    document = ModelDocument(
      name: model.name, shuffledEpochs: model.shuffledEpochs,
      variables: model.variables.map(\.name),
      updates: isPruned ? [] : model.layerUpdates.map(\.name), training: nil)
    signature = ModelSignature(
      inputs: ["input": model.input], outputs: ["output": model.output])
    guard !isPruned else { return }
    let output = model.trainingOutput
    if output != model.output { add("training_output", output) }
    guard let training = model.compiledTraining else { return }
    signature.inputs.append("labels", training.labels)
    signature.training.append("train_step", training.trainStep)
    let tests = zip(training.names, [training.loss] + training.metrics).map { add($0, $1) }
    let isShared = training.loss == training.trainingLoss
    let steps = [training.trainingLoss] + training.trainingMetrics
    document.training = ModelDocument.Training(
      labelForm: training.labelForm, test: tests,
      training: isShared ? tests : zip(training.names, steps).map { add("training_\($0)", $1) },
      metricNames: training.metricNames, checks: training.checks)
  }

  /// Adds an output, and returns what it is called: `name`, or with a number if that is taken.
  @discardableResult
  private mutating func add(_ name: String, _ tensor: Tensor) -> String {
    var (unique, number) = (name, 0)
    while signature.outputs[unique] != nil {
      number += 1
      unique = "\(name)_\(number)"
    }
    signature.outputs.append(unique, tensor)
    return unique
  }
}

/// A model as it was saved: what takes the place of its layers.
struct LoadedModel {
  let saved: SavedModel
  let document: ModelDocument
  let network: BuiltNetwork
  let trainingOutput: Tensor
  let training: CompiledTraining?
  let variables: [Variable]
  let updates: [Jacquard.Operation]

  /// - Throws: ``ModelError/notAModel(file:reason:)`` if the file is whole, but not from a ``Model``.
  init(_ saved: SavedModel, file: String) throws {
    self.saved = saved
    func require<Part>(_ part: Part?, _ what: String) throws -> Part {
      guard let part else { throw ModelError.notAModel(file: file, reason: what) }
      return part
    }
    let text = try require(saved.metadata[ModelDocument.key], "it says nothing of a model")
    let document = try require(
      try? JSONDecoder().decode(ModelDocument.self, from: Data(text.utf8)),
      "what it says of the model cannot be read")
    func output(_ name: String) throws -> Tensor {
      try require(saved.signature.outputs[name], "it has no output '\(name)'")
    }
    network = BuiltNetwork(
      input: try require(saved.signature.inputs["input"], "it has no input 'input'"),
      output: try output("output"), rows: [])
    trainingOutput = saved.signature.outputs["training_output"] ?? network.output
    variables = try document.variables.map { name in
      let tensor = try require(
        saved.graph.tensor(named: name), "it has no variable '\(name)'")
      return try require(tensor.isVariable ? tensor : nil, "'\(name)' is not a variable")
    }
    updates = try document.updates.map {
      try require(saved.graph.operation(named: $0), "it has no operation '\($0)'")
    }
    training = try document.training.map { training in
      let tests = try training.test.map(output)
      let steps = try training.training.map(output)
      let count = training.metricNames.count + 1
      _ = try require(
        tests.count == count && steps.count == count ? true : nil,
        "its losses and metrics are not \(count)")
      return CompiledTraining(
        labels: try require(saved.signature.inputs["labels"], "it has no input 'labels'"),
        labelForm: training.labelForm, loss: tests[0], trainingLoss: steps[0],
        metricNames: training.metricNames, metrics: Array(tests.dropFirst()),
        trainingMetrics: Array(steps.dropFirst()),
        trainStep: try require(
          saved.signature.training["train_step"], "it has no training step 'train_step'"),
        checks: training.checks)
    }
    self.document = document
  }

  /// The shape of one example, without the batch.
  var exampleShape: PartialShape {
    PartialShape(network.input.shape.dimensions.map { Array($0.dropFirst()) })
  }
}
