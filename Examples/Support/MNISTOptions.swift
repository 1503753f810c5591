import ArgumentParser
import JacquardData

/// The options of every example that learns to read handwritten digits.
public struct MNISTOptions: ParsableArguments {
  @Option(help: "The directory with the MNIST files; without them, synthetic digits are drawn.")
  var data = "MNIST-data"

  /// The number of training steps; `nil` means that of the article.
  @Option(help: "The number of training steps; by default that of the article.")
  public var steps: Int?

  @Option(help: "Write a drawing of the cost and the accuracy of each step, SVG, to this file.")
  var lossCurve: String?

  @Flag(help: "Print where the time of a training step goes; takes some more steps at the end.")
  var profile = false

  @Option(
    help: "Write what each thread does, for ui.perfetto.dev, to this file; takes some more steps.")
  var trace: String?

  /// Where what is learnt is saved.
  @OptionGroup public var checkpoints: CheckpointOptions

  /// What examples without data have, too.
  @OptionGroup public var example: ExampleOptions

  /// The options as they are if none is given.
  public init() {}

  /// Decides the initial weights and the order of the images.
  public var seed: UInt64 { example.seed }

  /// Tells which option makes no sense.
  public func validate() throws {
    if let steps, steps < 0 { throw ValidationError("--steps is \(steps); give 0 or more.") }
  }

  /// The digits of `--data`, or synthetic ones, of which a line on the screen tells.
  ///
  /// - Parameter oneHot: labels as float32 `[count, 10]`; if false, classes as int64 `[count]`.
  public func loadMNIST(oneHot: Bool = true) throws -> MNIST {
    let (mnist, isSynthetic) = try MNIST.loadOrSynthesize(from: data, oneHot: oneHot, seed: seed)
    if isSynthetic { print("no MNIST files in '\(data)': using synthetic digits") }
    return mnist
  }
}
