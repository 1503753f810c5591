import ArgumentParser
import ExampleSupport

/// The options of the listing.
@main
struct MnistDeepRNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnist-deep-rnn",
    abstract:
      "Trains a recurrent network of two or three layers to read handwritten digits row by row.",
    discussion: """
      The networks: 1 static, three layers of LSTM; 2 static, three of GRU; 3 static, LSTM below GRU; 4 to 6 the same, \
      dynamic. A static network is unrolled into 28 steps of the graph; a dynamic one is a loop. The article trains \
      for 1000 steps of 128 images.
      """)

  @Option(help: "Which of the six networks.")
  var network = 1

  @OptionGroup var options: MNISTOptions

  func validate() throws {
    guard (1...6).contains(network) else {
      throw ValidationError("--network is \(network); give 1 to 6.")
    }
  }

  func run() throws { try mnistRNNClassification(network, options) }
}
