import ArgumentParser
import ExampleSupport
import JacquardNN

/// The options of the listing.
@main
struct MnistLSTM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnist-lstm",
    abstract: "Trains an LSTM to read handwritten digits row by row.")

  enum OptimizerName: String, ExpressibleByArgument, CaseIterable {
    case adam
    case adadelta
    case sgd
  }

  @OptionGroup var options: MNISTOptions

  @Option(help: "How to train.")
  var optimizer = OptimizerName.adam

  @Option(help: "The learning rate.")
  var learningRate = 0.001

  func validate() throws {
    guard learningRate > 0 else {
      throw ValidationError("--learning-rate is \(learningRate); give a positive number.")
    }
  }

  func run() throws {
    if optimizer == .adadelta && learningRate < 0.1 {
      print(
        """
        Adadelta sets the size of its steps itself, so a learning rate near 1 is meant; with \(learningRate) each \
        step is that fraction of the one it wants, and training hardly moves. Try --learning-rate 1.
        """)
    }
    try mnistLSTM(options, chosenOptimizer)
  }

  private var chosenOptimizer: any Optimizer {
    switch optimizer {
    case .adam: AdamOptimizer(learningRate: learningRate)
    case .adadelta: AdadeltaOptimizer(learningRate: learningRate)
    case .sgd: GradientDescentOptimizer(learningRate: learningRate)
    }
  }
}
