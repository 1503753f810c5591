import ArgumentParser
import ExampleSupport

/// The options of the listing.
@main
struct NNCNNRNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nn-cnn-rnn",
    abstract: """
      Trains a plain, a convolutional and a recurrent network to read the same handwritten digits, and tells the \
      shapes on the way.
      """,
    discussion: """
      The article shows how each takes the images in; the networks behind, and 500 steps of 128 images, are ours. The \
      test accuracy in the last line is that of the recurrent network.
      """)

  @OptionGroup var options: MNISTOptions

  func run() throws { try nnCNNRNN(options) }
}
