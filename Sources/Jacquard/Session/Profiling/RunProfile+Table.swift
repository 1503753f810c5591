/// The order of the lines of a plan.
public enum PlanOrder: Sendable, Hashable {
  /// That in which steps run, with loops and branches around what they own.
  case schedule
  /// Kernels alone, those that took the most time first; those with the most work first where nothing was timed.
  case time
}

extension RunProfile: CustomStringConvertible {
  /// The table that ``Session/explain(_:feeding:order:includingViews:)`` gives.
  public var description: String { table() }

  /// The steps as a table, followed by sums.
  ///
  /// - Parameters:
  ///   - order: ``PlanOrder/time`` lists the kernels that take longest first.
  ///   - includingViews: whether arrays that are merely seen in another shape have lines, too.
  public func table(order: PlanOrder = .schedule, includingViews: Bool = false) -> String {
    let columns = runs > 0 ? Column.timed : Column.planned
    var lines = [columns.map(\.title)]
    for step in ordered(order, includingViews: includingViews) {
      let depth = order == .schedule ? step.depth : 0
      lines.append(columns.map { $0.text(step, depth: depth, of: self) })
    }
    return TextTable.aligned(lines, rightAligned: columns.map(\.isNumber)) + "\n\n" + summary
  }

  private func ordered(_ order: PlanOrder, includingViews: Bool) -> [Step] {
    switch order {
    case .schedule: steps.filter { includingViews || $0.role != .view }
    case .time:
      steps.enumerated().filter { $0.element.role == .kernel }
        .sorted { ($1.element.rank(runs), $0.offset) < ($0.element.rank(runs), $1.offset) }
        .map(\.element)
    }
  }
}

extension RunProfile.Step {
  /// By what it is ordered.
  fileprivate func rank(_ runs: Int) -> Int {
    if runs > 0 { return nanoseconds }
    let work = floatingPointOperations + bytesRead + bytesWritten
    return RunProfile.product(work, executionsPerRun ?? 1) ?? .max
  }
}

// MARK: - Columns

extension RunProfile {
  fileprivate enum Column {
    case step, milliseconds, share, gflops, bandwidth, bytes, threads, executions
    case kernel, shapes, operation, work, read, written, place

    static let planned: [Column] = [
      .step, .kernel, .shapes, .operation, .work, .read, .written, .place,
    ]
    static let timed: [Column] = [
      .step, .milliseconds, .share, .gflops, .bandwidth, .bytes, .threads, .executions, .kernel,
      .shapes, .operation,
    ]

    var title: String {
      switch self {
      case .step: "step"
      case .milliseconds: "ms"
      case .share: "share"
      case .gflops: "GFLOP/s"
      case .bandwidth: "GB/s"
      case .bytes: "bytes"
      case .threads: "threads"
      case .executions: "runs"
      case .kernel: "kernel"
      case .shapes: "shapes"
      case .operation: "operation"
      case .work: "FLOP"
      case .read: "read"
      case .written: "written"
      case .place: "at"
      }
    }

    var isNumber: Bool {
      switch self {
      case .kernel, .shapes, .operation, .place: false
      default: true
      }
    }

    func text(_ step: Step, depth: Int, of profile: RunProfile) -> String {
      let isTimed = step.executions > 0
      let time = Double(step.nanoseconds)
      switch self {
      case .step: return step.number.map { "\($0)" } ?? ""
      case .milliseconds:
        return isTimed ? Format.decimal(time / 1e6 / Double(profile.runs), places: 3) : ""
      case .share:
        return isTimed ? Format.percent(time / Double(max(profile.nanoseconds, 1))) : ""
      case .gflops: return rate(step.floatingPointOperations, step)
      case .bandwidth: return rate(step.bytesRead + step.bytesWritten, step)
      case .bytes:
        let bytes = step.bytesRead + step.bytesWritten
        return isTimed && bytes > 0 ? Format.bytes(bytes) : ""
      case .threads:
        guard isTimed, step.nanoseconds > 0 else { return "" }
        return Format.decimal(Double(step.threadNanoseconds) / time, places: 1)
      case .executions:
        return isTimed ? Format.count(Double(step.executions) / Double(profile.runs)) : ""
      case .kernel: return String(repeating: "  ", count: depth) + kernel(step)
      case .shapes: return shapes(step)
      case .operation:
        if step.role == .condition || step.role == .body || step.role == .branch { return "" }
        return Format.lastComponents(step.operation, width: 40)
      case .work:
        let work = step.floatingPointOperations
        return work > 0 ? Format.scaled(work) : ""
      case .read: return step.bytesRead > 0 ? Format.bytes(step.bytesRead) : ""
      case .written: return step.bytesWritten > 0 ? Format.bytes(step.bytesWritten) : ""
      case .place: return place(step)
      }
    }

    private func rate(_ work: Int, _ step: Step) -> String {
      guard work > 0, step.executions > 0, step.nanoseconds > 0 else { return "" }
      return Format.decimal(
        Double(work) * Double(step.executions) / Double(step.nanoseconds), places: 1)
    }

    private func kernel(_ step: Step) -> String {
      switch step.role {
      case .kernel, .view: return Format.shortened(step.name, width: 48)
      case .loop:
        let count = step.iterations.map { "\($0) iterations" } ?? "as many iterations as it takes"
        return "\(step.name), \(count)" + (step.dividesRows ? ", rows divided" : "")
      case .condition: return "condition"
      case .body: return "body"
      case .conditional: return step.name
      case .branch: return "branch \(step.name)"
      }
    }

    private func shapes(_ step: Step) -> String {
      guard step.role == .kernel || step.role == .view else { return "" }
      let operands = Format.repeated(step.operands.map(Format.shape))
      let results = Format.repeated(step.results)
      return operands.isEmpty ? results : "\(operands) → \(results)"
    }

    private func place(_ step: Step) -> String {
      guard step.role == .kernel || step.role == .view else { return "" }
      return Format.repeated(step.places) + (step.isInPlace ? " in place" : "")
    }
  }
}

// MARK: - Sums

extension RunProfile {
  private var summary: String {
    var lines = [
      "kernels: \(kernelCount), fetches: \(fetches), assigned variables: \(assignments)",
      "memory: arena \(Format.bytes(arenaBytes)), at most \(Format.bytes(peakBytes)) of it in use; "
        + (scratchFileBytes > 0 ? "scratch file \(Format.bytes(scratchFileBytes)); " : "")
        + "constants \(Format.bytes(constantBytes)), variables \(Format.bytes(variableBytes))",
    ]
    if let work = workPerRun {
      lines.append(
        "work of a run: \(Format.scaled(work.operations))FLOP, \(Format.bytes(work.read)) read, "
          + "\(Format.bytes(work.written)) written")
    }
    guard runs > 0 else { return lines.joined(separator: "\n") }
    lines.append(
      "\(runs) run\(runs == 1 ? "" : "s") of \(Format.decimal(millisecondsPerRun, places: 3)) ms; "
        + "of \(threads) thread\(threads == 1 ? "" : "s") "
        + "\(Format.decimal(busyThreads, places: 2)) busy on average")
    return lines.joined(separator: "\n") + "\n\n" + shareTable
  }

  /// What one run does, unless that depends on data.
  private var workPerRun: (operations: Int, read: Int, written: Int)? {
    let kernels = steps.filter { $0.role == .kernel }
    func sum(_ work: (Step) -> Int) -> Int? {
      kernels.reduce(0) { sum, step in
        guard let sum, let work = Self.product(step.executionsPerRun, work(step)) else {
          return nil
        }
        let (total, overflow) = sum.addingReportingOverflow(work)
        return overflow ? nil : total
      }
    }
    guard let operations = sum(\.floatingPointOperations), let read = sum(\.bytesRead),
      let written = sum(\.bytesWritten)
    else { return nil }
    return (operations, read, written)
  }

  private var shareTable: String {
    var lines = [["part", "ms", "share", "GFLOP/s", "GB/s"]]
    for share in shares {
      let time = Double(share.nanoseconds)
      func rate(_ work: Int) -> String {
        work > 0 && time > 0 ? Format.decimal(Double(work) / time, places: 1) : ""
      }
      lines.append([
        share.part.title, Format.decimal(time / 1e6 / Double(runs), places: 3),
        Format.percent(share.fraction), rate(share.floatingPointOperations), rate(share.bytes),
      ])
    }
    return TextTable.aligned(lines, rightAligned: [false, true, true, true, true])
  }
}

extension RunProfile.Part {
  /// The part in words.
  public var title: String {
    switch self {
    case .matrixProducts: "matrix products"
    case .elementwise: "elementwise"
    case .reductions: "reductions"
    case .copies: "copies"
    case .random: "random draws"
    case .updates: "variable updates"
    case .other: "other kernels"
    case .loops: "going round loops"
    case .waiting: "waiting for threads"
    case .session: "session"
    }
  }
}
