import ArgumentParser
import ExampleSupport
import Foundation
import Jacquard
import JacquardData
import JacquardNN

/// The fifth article's last listing: an LSTM that reads digits, as a Keras model.
@main
struct SequentialLSTM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sequential-lstm",
    abstract: "Trains a sequential model to read handwritten digits row by row.")

  @OptionGroup var options: MNISTOptions

  @Option(help: "The number of passes over the images; --steps shortens each.")
  var epochs = 10

  func validate() throws {
    guard epochs >= 0 else { throw ValidationError("--epochs is \(epochs); give 0 or more.") }
  }

  func run() throws {
    let batchSize = 128
    let mnist = try options.loadMNIST(oneHot: true)
    let (xTrain, yTrain) = sequences(mnist.train, limit: options.steps.map { $0 * batchSize })
    let (xTest, yTest) = sequences(mnist.test)

    let model = Sequential(
      inputShape: [28, 28], seed: options.seed, options: options.example.sessionOptions)
    model.add(LSTM(128))
    model.add(Dense(10, activation: .softmax))
    model.summary()

    model.compile(optimizer: .adam, loss: .categoricalCrossentropy, metrics: [.accuracy])
    try options.example.draw(
      model.graph, results: [model.loss] + model.metrics.map(\.mean), title: "sequential-lstm")
    if xTrain.shape[0] > 0 {
      try model.fit(
        xTrain, yTrain, batchSize: batchSize, epochs: epochs, validationData: (xTest, yTest),
        callbacks: options.checkpoints.callbacks
          + options.callbacks(showing: xTest, title: "sequential-lstm"))
    }

    let score = try model.evaluate(xTest, yTest, batchSize: xTest.shape[0])
    print("test loss: \(String(format: "%.4f", score.loss))")
    print("test accuracy: \(String(format: "%.4f", score.accuracy ?? .nan))")
  }

  /// Images as sequences of rows, `[count, 28, 28]`, with their labels, `[count, 10]`.
  private func sequences(_ data: DataSet, limit: Int? = nil) -> (x: NDArray, y: NDArray) {
    let count = min(data.count, limit ?? data.count)
    let images = data.images.reshaped(to: [data.count, 28, 28])
    return (images[0..<count], data.labels[0..<count])
  }
}
