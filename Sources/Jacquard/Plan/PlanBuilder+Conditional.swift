extension PlanBuilder {
  /// Branches write their results where those of the conditional belong if a kernel of theirs can, else they are copied.
  mutating func lowerConditional(_ node: Node, depth: Int) throws -> ConditionalStep {
    let begin = tick()
    let header = rows.count
    appendRow(.conditional, node, depth: depth)
    for result in node.results { try allocate(result, of: node, at: begin) }
    let predicate = slot(of: node.operands[0])
    let ifTrue = try lowerBranch(node.regions[0], name: "if true", node, depth: depth + 1)
    let ifFalse = try lowerBranch(node.regions[1], name: "if false", node, depth: depth + 1)
    let end = tick()
    for value in node.operands + node.results { touch(value, at: end) }
    closeHeader(header, results: node.results)
    return ConditionalStep(
      predicate: predicate, ifTrue: ifTrue, ifFalse: ifFalse, row: header)
  }

  private mutating func lowerBranch(
    _ region: Block, name: String, _ node: Node, depth: Int
  ) throws -> ConditionalStep.Branch {
    let header = appendHeader(.branch, name: name, node, depth: depth)
    for (parameter, operand) in zip(region.parameters, node.operands.dropFirst()) {
      bind(parameter, toInvariant: operand)
    }
    survey(region)
    var isWrittenInPlace: [Bool] = []
    for (result, target) in zip(region.results, node.results) {
      let base = claimableBase(of: result, in: region)
      if let base, self[base].claim == .none {
        claim(base, slot: self[target].slot, as: .enclosing)
        isWrittenInPlace.append(true)
      } else {
        isWrittenInPlace.append(false)
      }
    }
    let steps = try lower(region, depth: depth + 1)
    let end = tick()
    var copies: [SlotCopy] = []
    for (position, result) in region.results.enumerated() {
      touch(result, at: end)
      guard !isWrittenInPlace[position] else { continue }
      let target = node.results[position]
      copies.append(
        SlotCopy(
          source: slot(of: result), destination: self[target].slot,
          byteCount: try byteCount(of: target, of: node)))
    }
    closeHeader(header)
    return ConditionalStep.Branch(schedule: Schedule(steps), copies: Table(copies))
  }

  /// Lets a parameter of a region stand for a value of the region around it.
  mutating func bind(_ parameter: Value, toInvariant operand: Value) {
    self[parameter].slot = slot(of: operand)
    self[parameter].growingStack = self[operand].growingStack
  }
}
