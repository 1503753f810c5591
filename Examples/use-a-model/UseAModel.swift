import ArgumentParser
import ExampleSupport
import Jacquard
import JacquardData
import JacquardSummaries

// The other of two programs: it has no line about the network in the file that it is given.

/// Uses a model that ship-a-model has saved.
@main
struct UseAModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "use-a-model",
    abstract: "Inspects a saved model, predicts with it, or goes on training it.",
    subcommands: [Inspect.self, Predict.self, Train.self])
}

/// Where the model is, and what it reads.
struct ModelOptions: ParsableArguments {
  @Argument(help: "The file that ship-a-model has saved.")
  var file = "digits.safetensors"

  @Option(help: "The directory with the MNIST files; without them, synthetic digits are drawn.")
  var data = "MNIST-data"

  @OptionGroup var example: ExampleOptions

  /// The model, which is drawn if `--dump-graph` asks for it.
  func load() throws -> SavedModel {
    let model = try SavedModel(contentsOf: file, options: example.sessionOptions)
    try example.draw(model.graph, results: model.signature.outputs.map(\.value), title: file)
    return model
  }

  func loadMNIST(oneHot: Bool) throws -> MNIST {
    try MNIST.loadOrSynthesize(from: data, oneHot: oneHot, seed: example.seed).0
  }
}

/// Prints what a model takes and gives.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Shows what a model takes and gives.")

  @OptionGroup var model: ModelOptions

  func run() throws { print(try model.load()) }
}

/// Reads the digits of the test set.
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Reads the digits of the test set.")

  @OptionGroup var model: ModelOptions

  func run() throws {
    let test = try model.loadMNIST(oneHot: false).test
    let model = try model.load()
    let names = model.metadata["classes"]?.split(separator: " ").map(String.init) ?? []
    func name(_ index: Int) -> String { names.indices.contains(index) ? names[index] : "\(index)" }
    let probabilities = try model.run(
      ["images": test.images.reshaped(to: [-1, 28, 28])], fetching: "probabilities")
    let predicted = probabilities.rows.map { row in
      row.indices.max { row[$0] < row[$1] } ?? 0
    }
    let labels = test.labels.elements(as: Int64.self).map { Int($0) }
    for (read, label) in zip(predicted, labels).prefix(5) {
      print("read \(name(read)), is \(name(label))")
    }
    let hits = zip(predicted, labels).count { $0 == $1 }
    print("test accuracy: \(fixed(Double(hits) / Double(labels.count)))")
  }
}

/// Goes on training.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Goes on training a model, and saves it again.")

  @OptionGroup var model: ModelOptions

  @Option(help: "The number of training steps.")
  var steps = 100

  @Option(help: "Where to save the model; by default over the file it came from.")
  var output: String?

  func run() throws {
    let mnist = try model.loadMNIST(oneHot: true)
    let loaded = try model.load()
    let writer = try model.example.eventWriter()
    for step in 0..<max(steps, 0) {
      let batch = mnist.train.nextBatch(128)
      let loss = try loaded.run(
        ["images": batch.images.reshaped(to: [-1, 28, 28]), "labels": batch.labels],
        fetching: "loss", training: "train")
      try writer?.add(scalar: loss.doubleValue, named: "loss", step: step)
      if step % 20 == 0 { print("loss: \(fixed(loss.doubleValue))") }
    }
    try writer?.close()
    let accuracy = try loaded.run(
      ["images": mnist.test.images.reshaped(to: [-1, 28, 28]), "labels": mnist.test.labels],
      fetching: "accuracy")
    print("test accuracy: \(fixed(accuracy.doubleValue))")
    try loaded.save(to: output ?? model.file)
    print("saved \(output ?? model.file)")
  }
}
