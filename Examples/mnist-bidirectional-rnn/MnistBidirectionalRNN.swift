import ArgumentParser
import ExampleSupport

/// The options of the listing.
@main
struct MnistBidirectionalRNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnist-bidirectional-rnn",
    abstract: "Trains an LSTM to read handwritten digits row by row, from above and from below.",
    discussion: """
      The networks: 1 static, 2 dynamic, 3 static of three layers, 4 dynamic of three layers. A static network is \
      unrolled into 28 steps of the graph; a dynamic one is a loop for each direction. The article trains for 1000 \
      steps of 128 images.
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
