import ArgumentParser
import ExampleSupport
import Jacquard
import JacquardData
import JacquardNN

// One of two programs: it builds a network, trains it, and saves it as one file. The other, use-a-model, knows the file only.

/// Trains an LSTM to read digits, and ships it.
@main
struct ShipAModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ship-a-model",
    abstract: "Trains an LSTM to read handwritten digits, and saves it for use-a-model.")

  @OptionGroup var options: MNISTOptions

  @Option(help: "Where to save the model.")
  var output = "digits.safetensors"

  @Flag(help: "Save only what predictions need; the file is smaller, and cannot be trained.")
  var pruned = false

  func run() throws {
    let mnist = try options.loadMNIST()
    let batchSize = 128

    let graph = Graph(seed: options.seed)
    let images = graph.placeholder(.float32, [nil, 28, 28], name: "images")
    let labels = graph.placeholder(.float32, [nil, 10], name: "labels")
    let (_, state) = dynamicRNN(BasicLSTMCell(units: 64), images, dtype: .float32)
    let kernel = graph.getVariable("kernel", [64, 10])
    let bias = graph.getVariable("bias", [10], initializer: .zeros)
    let logits = matmul(state.h, kernel) + bias
    let probabilities = softmax(logits)
    let loss = softmaxCrossEntropy(logits: logits, labels: labels).mean()
    let trainStep = AdamOptimizer(learningRate: 0.003).minimize(loss)
    let isCorrect = logits.argmax(axis: 1) .== labels.argmax(axis: 1)
    let accuracy = isCorrect.cast(to: .float32).mean()

    let training = try Training(
      graph, options, watching: ["loss": loss, "accuracy": accuracy],
      showing: mnist.test.images, title: "ship-a-model")
    let session = training.session
    try session.run(graph.variablesInitializer)
    try training.steps(options.steps ?? 200, of: mnist.train) { _ in
      let batch = mnist.train.nextBatch(batchSize)
      try training.step(
        trainStep,
        feeding: [images: batch.images.reshaped(to: [-1, 28, 28]), labels: batch.labels])
    }
    try training.test(
      accuracy,
      feeding: [images: mnist.test.images.reshaped(to: [-1, 28, 28]), labels: mnist.test.labels])

    try SavedModel.save(
      session,
      inputs: pruned ? ["images": images] : ["images": images, "labels": labels],
      outputs: pruned
        ? ["probabilities": probabilities]
        : ["probabilities": probabilities, "loss": loss, "accuracy": accuracy],
      training: pruned ? [:] : ["train": trainStep], to: output, pruned: pruned,
      metadata: ["classes": (0..<10).map(String.init).joined(separator: " ")])
    print("saved \(output)")
  }
}
