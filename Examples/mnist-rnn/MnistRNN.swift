import ArgumentParser
import ExampleSupport

/// The options of the listing.
@main
struct MnistRNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnist-rnn",
    abstract: "Trains a recurrent network of one layer to read handwritten digits row by row.",
    discussion: """
      The networks: 1 static LSTM, 2 static GRU, 3 dynamic LSTM, 4 dynamic GRU. A static network is unrolled into 28 \
      steps of the graph; a dynamic one is a loop. The article trains for 5000 steps of 128 images.
      """)

  @Option(help: "Which of the four networks.")
  var network = 1

  @OptionGroup var options: MNISTOptions

  func validate() throws {
    guard (1...4).contains(network) else {
      throw ValidationError("--network is \(network); give 1 to 4.")
    }
  }

  func run() throws { try mnistRNNClassification(network, options) }
}
