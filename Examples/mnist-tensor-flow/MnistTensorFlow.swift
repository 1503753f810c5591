import ArgumentParser
import ExampleSupport

/// The options of the listing.
@main
struct MnistTensorFlow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnist-tensor-flow",
    abstract: "Trains an LSTM to read handwritten digits, and tells the shapes on the way.",
    discussion: "The article trains with 100000 images: 782 steps of 128.")

  @OptionGroup var options: MNISTOptions

  func run() throws { try mnistTensorFlow(options) }
}
