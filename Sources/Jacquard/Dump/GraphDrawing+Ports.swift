extension GraphDrawing {
  /// A small node where a value enters or leaves the regions of a loop or a conditional.
  struct Port {
    enum End { case entrance, inside, exit }

    var name: String
    var label: String
    var end: End
  }

  /// The nodes for what a loop or conditional takes and gives, in that order.
  func ports(of owner: OperationID) -> [Port] {
    let record = state[operation: owner]
    guard let loop = record.op as? While else { return conditionalPorts(record) }
    var ports: [Port] = []
    func add(_ role: String, _ entering: ValueID?, _ phrase: String, _ end: Port.End) {
      var label = role
      if let entering, let constant = inlinedConstant(entering) {
        label += "\n\(phrase) \(constant)"
      }
      ports.append(Port(name: "\(record.name) \(role)", label: label, end: end))
    }
    // An operation that could not be built may lack operands and results.
    func operand(_ index: Int) -> ValueID? {
      record.operands.indices.contains(index) ? record.operands[index] : nil
    }
    let results = record.regions.last.map { state[region: $0].results } ?? []
    func result(_ index: Int) -> ValueID? {
      results.indices.contains(index) ? results[index] : nil
    }
    if usesIteration(record) { add("iteration", nil, "", .entrance) }
    for index in 0..<loop.carriedCount {
      add("carried \(index)", operand(index), "from", .entrance)
    }
    for (index, position) in loop.scanRange.enumerated() {
      add("slice \(index)", operand(position), "of", .entrance)
    }
    for (index, position) in loop.invariantRange.enumerated() {
      add("invariant \(index)", operand(position), "=", .entrance)
    }
    if loop.hasBound { add("bound", record.operands.last, "at most", .entrance) }
    if loop.hasCondition {
      add("continue?", state[region: record.regions[0]].results.first, "=", .inside)
    }
    for index in 0..<loop.carriedCount { add("next \(index)", result(index), "=", .exit) }
    for (index, position) in loop.stackRange.enumerated() {
      add("stack \(index)", result(position), "of", .exit)
    }
    if isUsed(record.results.last) { add("trip count", nil, "", .inside) }
    return ports
  }

  private func conditionalPorts(_ record: OperationRecord) -> [Port] {
    var ports = [Port(name: "\(record.name) if", label: "if", end: .entrance)]
    if let constant = record.operands.first.flatMap(inlinedConstant) {
      ports[0].label = "if \(constant)"
    }
    for index in record.operands.indices.dropFirst() {
      ports.append(
        Port(
          name: "\(record.name) captured \(index - 1)", label: "captured \(index - 1)",
          end: .entrance))
    }
    for index in record.results.indices {
      var label = "result \(index)"
      for (name, region) in zip(["then", "else"], record.regions) {
        let results = state[region: region].results
        guard results.indices.contains(index) else { continue }
        if let constant = inlinedConstant(results[index]) { label += "\n\(name) \(constant)" }
      }
      ports.append(Port(name: "\(record.name) result \(index)", label: label, end: .exit))
    }
    return ports
  }

  func portName(ofResult index: Int, of owner: OperationID) -> String {
    let record = state[operation: owner]
    guard let loop = record.op as? While else { return "\(record.name) result \(index)" }
    if index < loop.carriedCount { return "\(record.name) next \(index)" }
    if index < loop.tripCountIndex { return "\(record.name) stack \(index - loop.carriedCount)" }
    return "\(record.name) trip count"
  }

  /// The port of a parameter; condition and body share theirs.
  func portName(of parameter: ValueID, in region: RegionID, of owner: OperationID) -> String? {
    guard var position = parameterPositions[parameter.index] else { return nil }
    let record = state[operation: owner]
    guard let loop = record.op as? While else { return "\(record.name) captured \(position)" }
    guard position > 0 else { return "\(record.name) iteration" }
    position -= 1
    if position < loop.carriedCount { return "\(record.name) carried \(position)" }
    position -= loop.carriedCount
    let isCondition = loop.hasCondition && record.regions.first == region
    if !isCondition {
      if position < loop.scans.count { return "\(record.name) slice \(position)" }
      position -= loop.scans.count
    }
    return "\(record.name) invariant \(position)"
  }

  private func usesIteration(_ record: OperationRecord) -> Bool {
    record.regions.contains { isUsed(state[region: $0].parameters.first, in: $0) }
  }

  /// Whether anything drawn in the region of `value` uses it.
  private func isUsed(_ value: ValueID?, in region: RegionID? = nil) -> Bool {
    guard let value else { return false }
    let home = region ?? state.home(of: value)
    if home != .root && state[region: home].results.contains(value) { return true }
    return state[region: home].operations.contains {
      drawn.contains($0) && state[operation: $0].operands.contains(value)
    }
  }
}
