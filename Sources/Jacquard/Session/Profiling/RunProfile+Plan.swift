extension RunProfile {
  /// A plan in words, with the times of its runs.
  ///
  /// - Parameters:
  ///   - names: the operation of each row.
  ///   - threads: how many threads work on a run.
  init(_ plan: Plan, _ times: RunTimes, names: [String], threads: Int) {
    runs = times.runs
    self.threads = threads
    nanoseconds = Int(times.nanoseconds + times.sessionNanoseconds)
    sessionNanoseconds = Int(times.sessionNanoseconds)
    arenaBytes = plan.arenaByteCount
    peakBytes = plan.arena.peakBytes
    scratchFileBytes = plan.layout.scratchByteCount
    constantBytes = plan.constantByteCount
    variableBytes = plan.variableByteCount
    fetches = plan.fetchCount
    assignments = plan.commits.count
    steps = []
    var number = 0
    // How often a body runs, for each level of nesting.
    var executions: [Int?] = []
    for (index, row) in plan.rows.enumerated() {
      executions.removeSubrange(min(row.depth, executions.count)...)
      let outer = executions.last ?? 1
      if row.kind == .kernel { number += 1 }
      steps.append(
        Step(
          row, times.steps[index], operation: names[index],
          number: row.kind == .kernel ? number : nil, executionsPerRun: outer))
      switch row.kind {
      case .body:
        let loop = plan.rows[..<index].last { $0.kind == .loop && $0.depth == row.depth - 1 }
        executions.append(Self.product(outer, loop?.tripCount))
      case .condition, .branch: executions.append(nil)
      case .kernel, .view, .loop, .conditional: executions.append(outer)
      }
    }
  }
}

extension RunProfile {
  /// `nil` if a factor is not known, or the product too large.
  static func product(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return nil }
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : product
  }
}

extension RunProfile.Step {
  fileprivate init(
    _ row: PlanRow, _ times: StepTimes, operation: String, number: Int?, executionsPerRun: Int?
  ) {
    switch row.kind {
    case .kernel: role = .kernel
    case .view: role = .view
    case .loop: role = .loop
    case .condition: role = .condition
    case .body: role = .body
    case .conditional: role = .conditional
    case .branch: role = .branch
    }
    self.number = number
    depth = row.depth
    name = row.name
    self.operation = operation
    part = row.kind == .kernel ? RunProfile.Part(row) : nil
    operands = row.operands.map { "\($0.type)" }
    results = row.results.map { "\($0.type)" }
    places = row.results.map(\.place)
    isInPlace = row.inPlaceOperand != nil || row.updatesInPlace
    iterations = row.tripCount
    self.executionsPerRun = executionsPerRun
    chunks = row.kind == .kernel ? row.chunkCount : 1
    dividesRows = row.dividesRows
    floatingPointOperations = row.floatingPointOperations
    let traffic = row.memoryTraffic
    bytesRead = row.kind == .kernel ? traffic.read : 0
    bytesWritten = row.kind == .kernel ? traffic.written : 0
    executions = Int(times.count)
    nanoseconds = Int(times.nanoseconds)
    waitNanoseconds = Int(times.waitNanoseconds)
    threadNanoseconds = Int(times.threadNanoseconds)
  }
}

extension RunProfile.Part {
  /// Where the time of a kernel belongs.
  fileprivate init(_ row: PlanRow) {
    switch row.kernelKind {
    case .matrixProduct: self = .matrixProducts
    case .elementwise: self = row.isUpdate ? .updates : .elementwise
    case .reduction: self = .reductions
    case .copy: self = row.isUpdate ? .updates : .copies
    case .random: self = .random
    case .other: self = .other
    }
  }
}

extension PlanRow.Buffer {
  fileprivate var place: String {
    switch home {
    case .block: offset.map { isSwapped ? "file@\($0)" : "@\($0)" } ?? "given"
    case .constant: "constant"
    case .input: "input"
    case .running: "given"
    }
  }
}
