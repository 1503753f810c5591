import ArgumentParser
import Jacquard
import JacquardArrays

/// How long it takes until a network first runs.
struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "First runs: of the first listing, of other batch sizes, of unrolled networks.")

  @Option(help: "The units of the unrolled networks, whose inputs are as many.") var units = 32
  @Option(help: "The batch size of the unrolled networks.") var batch = 16
  @OptionGroup var options: RunOptions

  func validate() throws {
    guard units >= 1 && batch >= 1 else {
      throw ValidationError("--units and --batch must be 1 or more.")
    }
  }

  func run() throws {
    var report = Report("compile", ["units": .number(units), "batch": .number(batch)], options)
    let listing = try RecurrentNetwork.parse(["--input-layer"])
    let (session, milliseconds) = try timed {
      let workload = listing.workload(.dynamic)
      let session = try workload.makeSession(options.session)
      try workload.makeCallable(session).run(feeding: workload.values)
      return (workload, session)
    }
    report.firstRunMilliseconds = milliseconds
    report.milliseconds = ["recompile": try recompile(session.0, session.1)]
    for steps in [250, 1000] {
      let (build, compile) = try unrolled(steps: steps)
      report.milliseconds?["build\(steps)"] = build
      report.milliseconds?["compile\(steps)"] = compile
    }
    try report.measureMemory()
    try report.print()
  }

  /// The median over several new batch sizes of how much longer their first run takes than their second.
  private func recompile(_ workload: Workload, _ session: Session) throws -> Double {
    let callable = try workload.makeCallable(session)
    let extra = try [127, 126, 125, 124, 123].map { rows in
      let values = workload.values.map { $0[0..<rows] }
      let first = try timed { try callable.run(feeding: values) }.milliseconds
      let second = try timed { try callable.run(feeding: values) }.milliseconds
      return max(first - second, 0)
    }
    return extra.sorted()[extra.count / 2]
  }

  /// How long it takes to build an unrolled network with its gradients, and how much longer its first run takes than its second.
  private func unrolled(steps: Int) throws -> (build: Double, compile: Double) {
    let network = try RecurrentNetwork.parse([
      "--steps", "\(steps)", "--inputs", "\(units)", "--units", "\(units)", "--batch", "\(batch)",
    ])
    let (workload, build) = timed { network.workload(.byHand) }
    let session = try workload.makeSession(options.session)
    let callable = try workload.makeCallable(session)
    let first = try timed { try callable.run(feeding: workload.values) }.milliseconds
    let second = try timed { try callable.run(feeding: workload.values) }.milliseconds
    return (build, max(first - second, 0))
  }
}
