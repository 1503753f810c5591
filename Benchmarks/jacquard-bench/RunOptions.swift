import ArgumentParser
import Jacquard

/// What every workload takes.
struct RunOptions: ParsableArguments {
  @Option(help: "The threads to compute with; by default one for each processor.")
  var threads: Int?

  @Option(
    name: .customLong("no-pass"), parsing: .upToNextOption,
    help: "The names of compiler passes to leave out.")
  var noPass: [String] = []

  @Option(help: "Repeat the run for at least so many seconds.")
  var seconds = 2.0

  @Option(help: "Repeat the run at least so many times.")
  var repetitions = 15

  @Flag(help: "Write the plan with the times of its steps to standard error.")
  var explain = false

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads is \(threads); give 1 or more.")
    }
    guard repetitions >= 1 else {
      throw ValidationError("--repetitions is \(repetitions); give 1 or more.")
    }
    guard seconds >= 0 else { throw ValidationError("--seconds is \(seconds); give 0 or more.") }
  }

  var session: SessionOptions {
    var options = SessionOptions(disabledPasses: Set(noPass), isProfiling: explain)
    if let threads { options.threads = threads }
    return options
  }

  /// These options, for the report.
  var reported: [String: OptionValue] {
    noPass.isEmpty ? [:] : ["noPass": .text(noPass.joined(separator: " "))]
  }
}
