import Jacquard

/// Where the time of a training step goes: a table for `--profile`, a trace for `--trace`.
struct StepProfiling {
  private let isProfiled: Bool
  private let tracePath: String?
  private var last: (trainStep: Jacquard.Operation, feeds: Feeds)?

  private static let profiledSteps = 20

  init(_ options: MNISTOptions) {
    isProfiled = options.profile
    tracePath = options.trace
  }

  /// Keeps what the last step was, if there is to be more of it.
  mutating func note(_ trainStep: Jacquard.Operation, _ feeds: Feeds) {
    if isProfiled || tracePath != nil { last = (trainStep, feeds) }
  }

  /// Takes the last step some more times, and reports what there is to say.
  ///
  /// - Throws: what is wrong with the file of the trace.
  func finish(in session: Session, report: (String) -> Void) throws {
    guard let (trainStep, feeds) = last else { return }
    if isProfiled {
      let profile = try session.profile(trainStep, feeding: feeds, runs: Self.profiledSteps)
      report("\(profile)\n")
    }
    guard let tracePath else { return }
    let trace = try session.writeTrace(of: trainStep, feeding: feeds, to: tracePath)
    let dropped = trace.dropped > 0 ? ", \(trace.dropped) more dropped" : ""
    report("trace of 3 steps: \(tracePath), \(trace.spans) spans\(dropped)")
  }
}
