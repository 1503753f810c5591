import ArgumentParser

/// A training step or a prediction of a recurrent network.
struct LSTMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lstm", abstract: "A training step of a recurrent network, or a prediction.")

  @OptionGroup var network: RecurrentNetwork
  @Flag(name: .customLong("static"), help: "Unroll the network with staticRNN.")
  var isStatic = false
  @OptionGroup var options: RunOptions

  func run() throws {
    let unrolling: Unrolling = isStatic ? .static : .dynamic
    try Report("lstm", network.reported(unrolling), options) { network.workload(unrolling) }.print()
  }
}

/// The same, unrolled by calling the cell once for each step.
struct UnrolledCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unrolled", abstract: "The same, unrolled by calling the cell for each step.")

  @OptionGroup var network: RecurrentNetwork
  @OptionGroup var options: RunOptions

  func validate() throws {
    guard network.lengths == .full && !network.bidirectional else {
      throw ValidationError(
        "Unrolled by hand are full sequences in one direction; use lstm --static for others.")
    }
  }

  func run() throws {
    try Report("unrolled", network.reported(.byHand), options) { network.workload(.byHand) }.print()
  }
}
