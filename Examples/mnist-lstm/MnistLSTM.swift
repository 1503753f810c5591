import ArgumentParser
import Foundation
import Jacquard
import JacquardData
import JacquardNN

/// Options, data and output around the listing.
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

  @Option(help: "The directory with the MNIST files; without them, synthetic digits are drawn.")
  var data = "MNIST-data"

  @Option(help: "The number of training steps, of 128 images each.")
  var steps = 781

  @Option(help: "Decides the initial weights and the order of the images.")
  var seed: UInt64 = 1

  @Option(help: "How to train.")
  var optimizer = OptimizerName.adam

  @Option(help: "The learning rate.")
  var learningRate = 0.001

  @Option(help: "The threads to compute with; by default one for each processor.")
  var threads: Int?

  @Option(help: "Write a drawing of the graph, for Graphviz, to this file.")
  var dumpGraph: String?

  @Option(help: "How many levels of scopes the drawing opens; all by default.")
  var dumpDepth: Int?

  @Flag(help: "Draw only what cost and accuracy need: no gradients, updates and initial values.")
  var dumpForward = false

  func validate() throws {
    guard steps >= 0 else { throw ValidationError("--steps is \(steps); give 0 or more.") }
    guard learningRate > 0 else {
      throw ValidationError("--learning-rate is \(learningRate); give a positive number.")
    }
    guard threads.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--threads is \(threads ?? 0); give 1 or more.")
    }
  }

  func run() throws {
    let (mnist, isSynthetic) = try MNIST.loadOrSynthesize(from: data, oneHot: true, seed: seed)
    if isSynthetic { print("no MNIST files in '\(data)': using synthetic digits") }

    let listing = Listing(seed: seed, optimizer: chosenOptimizer)
    try listing.graph.validate()
    if let dumpGraph {
      let options = DotOptions(
        maxDepth: dumpDepth, fetches: dumpForward ? [listing.cost, listing.accuracy] : [],
        title: "mnist-lstm")
      try listing.graph.writeDot(to: dumpGraph, options)
    }
    if optimizer == .adadelta && learningRate < 0.1 {
      print(
        """
        Adadelta sets the size of its steps itself, so a learning rate near 1 is meant; with \(learningRate) each \
        step is that fraction of the one it wants, and training hardly moves. Try --learning-rate 1.
        """)
    }
    var options = SessionOptions()
    if let threads { options.threads = threads }
    let session = Session(listing.graph, options: options)

    var clock = StepClock()
    let progress = Progress(steps: steps)
    try listing.train(session, on: mnist.train, steps: steps, clock: &clock) { step, accuracy in
      progress.clear()
      print(accuracy)
      progress.show(step)
    }
    progress.clear()
    if let time = clock.medianMilliseconds {
      Progress.write(String(format: "%.2f ms per step (median)\n", time))
    }
    let accuracy = try listing.accuracy(session, on: mnist.test)
    print("test accuracy: \(String(format: "%.4f", accuracy))")
  }

  private var chosenOptimizer: any Optimizer {
    switch optimizer {
    case .adam: AdamOptimizer(learningRate: learningRate)
    case .adadelta: AdadeltaOptimizer(learningRate: learningRate)
    case .sgd: GradientDescentOptimizer(learningRate: learningRate)
    }
  }
}

/// The step that training has reached, shown in one line of a terminal.
private struct Progress {
  let steps: Int
  private static let isTerminal = isatty(STDERR_FILENO) == 1

  func show(_ step: Int) {
    if Self.isTerminal { Self.write("step \(step) of \(steps)") }
  }

  func clear() {
    if Self.isTerminal { Self.write("\r\u{1B}[K") }
  }

  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
