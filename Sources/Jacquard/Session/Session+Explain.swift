extension Session {
  /// How a run would be carried out, as a table: each step with its kernel, operation, shapes, bytes and slots.
  ///
  /// The bodies of loops are indented below them. With ``SessionOptions/isProfiling`` the table also has, of the runs so far,
  /// how often each step ran, its time, GFLOP/s and share. Compiles the plan unless it is kept; runs nothing.
  ///
  /// - Throws: what ``run(_:feeding:)`` throws before it runs a kernel.
  public func explain<each F: Fetchable>(_ fetches: repeat each F, feeding feeds: Feeds = Feeds())
    throws -> String
  {
    var list = FetchList()
    repeat list.append(each fetches)
    let (prepared, _) = try prepare(list, feeds)
    let plan = prepared.plan
    let names = graph.read { state in plan.rows.map { state[operation: $0.origin].name } }
    return PlanTable(plan, operationNames: names, isProfiled: options.isProfiling).text
  }
}

/// A plan as text, a line for each row.
struct PlanTable {
  private let plan: Plan
  private let operationNames: [String]
  private let isProfiled: Bool

  init(_ plan: Plan, operationNames: [String], isProfiled: Bool) {
    self.plan = plan
    self.operationNames = operationNames
    self.isProfiled = isProfiled
  }

  var text: String {
    var cells = [heading]
    let profile = plan.profile
    let total = zip(plan.rows, profile).reduce(Int64(0)) {
      $0 + ($1.0.depth == 0 ? $1.1.nanoseconds : 0)
    }
    var step = 0
    for (index, row) in plan.rows.enumerated() {
      if row.kind == .kernel { step += 1 }
      cells.append(line(row, operationNames[index], step: row.kind == .kernel ? step : nil))
      if isProfiled { cells[cells.count - 1] += times(row, profile[index], total: total) }
    }
    return Self.aligned(cells, rightAligned: rightAlignedColumns) + "\n" + summary
  }

  private var heading: [String] {
    ["step", "kernel", "operation", "shapes", "bytes", "slots"]
      + (isProfiled ? ["runs", "ms", "GFLOP/s", "share"] : [])
  }

  private var rightAlignedColumns: Set<Int> { [0, 4, 6, 7, 8, 9] }

  private func line(_ row: PlanRow, _ operation: String, step: Int?) -> [String] {
    let indentation = String(repeating: "  ", count: row.depth)
    return [
      step.map { "\($0)" } ?? "", indentation + title(row), operation, shapes(row),
      row.byteCount > 0 ? "\(row.byteCount)" : "", slots(row),
    ]
  }

  private func title(_ row: PlanRow) -> String {
    switch row.kind {
    case .kernel, .view: row.name
    case .loop:
      row.tripCount.map { "\(row.name), \($0) iterations" } ?? "\(row.name), as many as it takes"
    case .condition: "condition"
    case .body: "body"
    case .conditional: row.name
    case .branch: "branch \(row.name)"
    }
  }

  private func shapes(_ row: PlanRow) -> String {
    guard row.kind == .kernel || row.kind == .view || row.kind == .loop else { return "" }
    let operands = row.operands.map { "\($0.type.shape)" }.joined(separator: " ")
    let results = row.results.map { "\($0.type)" }.joined(separator: " ")
    return operands.isEmpty ? results : "\(operands) → \(results)"
  }

  private func slots(_ row: PlanRow) -> String {
    guard row.kind == .kernel || row.kind == .view else { return "" }
    let operands = row.operands.map { "\($0.slot)" }.joined(separator: " ")
    let results = row.results.map(place).joined(separator: " ")
    var text = operands.isEmpty ? results : "\(operands) → \(results)"
    if row.inPlaceOperand != nil { text += " in place" }
    return text
  }

  private func place(_ buffer: PlanRow.Buffer) -> String {
    buffer.arenaOffset.map { "\(buffer.slot)@\($0)" } ?? "\(buffer.slot)"
  }

  private func times(_ row: PlanRow, _ profile: StepProfile, total: Int64) -> [String] {
    guard profile.count > 0 else { return ["", "", "", ""] }
    let operations = Double(row.floatingPointOperations) * Double(profile.count)
    let speed = profile.nanoseconds > 0 ? operations / Double(profile.nanoseconds) : 0
    let share = total > 0 ? 100 * Double(profile.nanoseconds) / Double(total) : 0
    return [
      "\(profile.count)", Self.decimal(Double(profile.nanoseconds) / 1e6, places: 3),
      operations > 0 ? Self.decimal(speed, places: 1) : "", Self.decimal(share, places: 1) + " %",
    ]
  }

  private var summary: String {
    """
    kernels: \(plan.stepCount), fetches: \(plan.fetchCount), assigned variables: \
    \(plan.commits.count), arena: \(plan.arenaByteCount) bytes
    """
  }

  private static func decimal(_ number: Double, places: Int) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((number * Double(scale)).rounded())
    let fraction = "\(scaled % scale)"
    return "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }

  /// The cells in columns as wide as their widest entry.
  static func aligned(_ rows: [[String]], rightAligned: Set<Int>) -> String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        if column > 0 { line += "  " }
        line += rightAligned.contains(column) ? padding + cell : cell + padding
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}
