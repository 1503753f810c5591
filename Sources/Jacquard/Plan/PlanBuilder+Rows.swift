extension PlanBuilder {
  /// How threads may share the rows of a loop; `nil` if a step of its body looks across rows.
  ///
  /// - Parameter steps: the step of each node of the body; `nil` for views that need none.
  func rowSchedule(of loop: LoopDraft, _ steps: [Step?]) -> RowSchedule? {
    guard !loop.op.hasCondition, options.dividesRows, let rowCount = rowCount(of: steps),
      rowCount > 1, carriesHaveRows(loop, rowCount), slicesHaveRows(loop, rowCount)
    else { return nil }
    var entries: [RowSchedule.Entry] = []
    var operations = 0
    // What differs from row to row and is made in the body: other threads' rows of it may be of another iteration.
    var isMade = Set(loop.bodyParameters)
    for (index, scan) in loop.op.scans.enumerated() where scan.axis != 0 {
      isMade.insert(loop.sliceParameter(index))
    }
    for (node, step) in zip(loop.body.nodes, steps) {
      switch step {
      case .kernel(let kernel):
        guard let rowwise = kernel.rowwise, rowwise.rowCount == rowCount else { return nil }
        for (position, operand) in node.operands.enumerated()
        where node.op.usesElements(ofOperand: position) && isMade.contains(operand) {
          guard rowwise.readsOwnRowsOnly(ofOperand: position), hasRows(operand, rowCount) else {
            return nil
          }
        }
        guard node.results.allSatisfy({ hasRows($0, rowCount) }) else { return nil }
        isMade.formUnion(node.results)
        let elements = node.results.reduce(0) {
          $0 + (program.type(of: $1).shape.elementCount ?? 0)
        }
        operations += max(kernel.kernel.floatingPointOperations, elements)
        entries.append(.kernel(.passUnretained(kernel)))
      case .view, nil:
        if node.operands.contains(where: isMade.contains) {
          guard showsSameRows(node, rowCount) else { return nil }
          isMade.formUnion(node.results)
        }
        if case .view(let view) = step { entries.append(.view(view)) }
      case .loop, .conditional, .joint: return nil
      }
    }
    return RowSchedule(
      rowCount: rowCount, threadCount: options.threads, operations: operations, entries: entries,
      liveRows: liveRows(of: loop), leastOperations: options.leastRowOperations)
  }

  /// The scan that says how many rows are live, if others can be left out: what is carried must have buffers of its own.
  private func liveRows(of loop: LoopDraft) -> Int {
    guard let scan = loop.op.liveRows, !loop.carries.contains(where: { $0.transfer == .forwarded })
    else { return -1 }
    return scan
  }

  private func rowCount(of steps: [Step?]) -> Int? {
    for case .kernel(let step) in steps { return step.rowwise?.rowCount }
    return nil
  }

  private func hasRows(_ value: Value, _ rowCount: Int) -> Bool {
    program.type(of: value).shape[0] == rowCount
  }

  private func carriesHaveRows(_ loop: LoopDraft, _ rowCount: Int) -> Bool {
    loop.bodyParameters.allSatisfy { hasRows($0, rowCount) }
  }

  /// Whether what is copied from or to arrays slice by slice has rows to divide.
  private func slicesHaveRows(_ loop: LoopDraft, _ rowCount: Int) -> Bool {
    let scans = loop.op.scans.enumerated().allSatisfy { index, scan in
      scan.axis == 0 || hasRows(loop.sliceParameter(index), rowCount)
    }
    let stacks = loop.op.stacks.indices.allSatisfy { index in
      let slice = loop.body.results[loop.op.carriedCount + index]
      let stack = loop.node.results[loop.op.carriedCount + index]
      return hasRows(slice, rowCount) && self[stack].growingStack == nil
    }
    return scans && stacks
  }

  /// Whether a view of something made in the body shows all of it, with the same rows.
  private func showsSameRows(_ node: Node, _ rowCount: Int) -> Bool {
    guard let result = node.results.first, hasRows(result, rowCount) else { return false }
    return node.operands.enumerated().allSatisfy { position, operand in
      !node.op.usesElements(ofOperand: position)
        || hasRows(operand, rowCount)
          && program.type(of: operand).byteCount == program.type(of: result).byteCount
    }
  }
}
