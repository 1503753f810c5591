import ArgumentParser
import ExampleSupport
import Jacquard
import JacquardNN

/// Runs the listing with states as tuples, and with each state in one tensor.
@main
struct UnrolledLSTM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unrolled-lstm",
    abstract: "Unrolls a stack of LSTM cells by hand, and carries its state from run to run.")

  @OptionGroup var options: ExampleOptions

  @OptionGroup var checkpoints: CheckpointOptions

  @Option(help: "The number of training steps.")
  var steps = 200

  func validate() throws {
    guard steps >= 0 else { throw ValidationError("--steps is \(steps); give 0 or more.") }
  }

  func run() throws {
    print("states as tuples")
    let tuples = Listing(seed: options.seed) { multiLayerCell() }
    try tuples.train(
      options.session(
        tuples.graph, results: [tuples.cost, tuples.finalState], title: "unrolled-lstm"),
      steps: steps, writer: options.eventWriter("tuples"), checkpoints, run: "tuples")

    print("states in one tensor")
    let tensors = Listing(seed: options.seed) { Concatenated(multiLayerCell()) }
    try tensors.train(
      Session(tensors.graph), steps: steps, writer: options.eventWriter("one tensor"),
      checkpoints, run: "one tensor")
  }
}
