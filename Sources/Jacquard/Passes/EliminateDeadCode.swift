/// Drops what nothing asked for needs: nodes, and carries, scans, invariants and stacks of loops.
struct EliminateDeadCode: Pass {
  static let name = "eliminate-dead-code"
  static let contract =
    "Nodes without effects whose results are unused are dropped, in loops also carries that only feed themselves."

  func run(_ program: inout Program) {
    let pruner = Pruner(values: program.values)
    program.root = pruner.prune(program.root, results: program.root.results).block
  }

  struct Pruner {
    let values: [ValueInfo]

    func isConstant(_ value: Value) -> Bool { values[Int(value.index)].constant != nil }
    func type(_ value: Value) -> TensorType { values[Int(value.index)].type }

    /// The block with what `results` and its effects need, and the values of its own that are used: among them the live parameters.
    func prune(_ block: Block, results: [Value]) -> (block: Block, live: Set<Value>) {
      var live = Set(results)
      var kept: [Node] = []
      for node in block.nodes.reversed() {
        guard node.hasExternalEffect || node.results.contains(where: live.contains) else {
          continue
        }
        guard let pruned = shrink(node, live: live) else { continue }
        for (index, operand) in pruned.operands.enumerated() where !isConstant(operand) {
          if pruned.op.usesElements(ofOperand: index) || type(operand).shape.known == nil {
            live.insert(operand)
          }
        }
        kept.append(pruned)
      }
      return (
        Block(parameters: block.parameters, nodes: kept.reversed(), results: results), live
      )
    }

    private func shrink(_ node: Node, live: Set<Value>) -> Node? {
      switch node.op {
      case let loop as While: shrinkLoop(loop, node, live)
      case is Conditional: shrinkConditional(node, live)
      default: node
      }
    }

    private func shrinkConditional(_ node: Node, _ live: Set<Value>) -> Node {
      let kept = node.results.indices.filter { live.contains(node.results[$0]) }
      var blocks: [Block] = []
      var used: Set<Int> = []
      for region in node.regions {
        let pruned = prune(region, results: kept.map { region.results[$0] })
        for (index, parameter) in region.parameters.enumerated()
        where pruned.live.contains(parameter) && !isConstant(parameter) {
          used.insert(index)
        }
        blocks.append(pruned.block)
      }
      let captures = used.sorted()
      for index in blocks.indices {
        blocks[index].parameters = captures.map { node.regions[index].parameters[$0] }
      }
      return Node(
        op: Conditional(captureCount: captures.count),
        operands: [node.operands[0]] + captures.map { node.operands[1 + $0] },
        results: kept.map { node.results[$0] }, regions: blocks, origin: node.origin)
    }

    private func shrinkLoop(_ loop: While, _ node: Node, _ live: Set<Value>) -> Node {
      let stacks = loop.stacks.indices.filter {
        live.contains(node.results[loop.carriedCount + $0])
      }
      var carries = Set((0..<loop.carriedCount).filter { live.contains(node.results[$0]) })
      let body = node.regions.last!
      var prunedBody: (block: Block, live: Set<Value>)
      var prunedCondition: (block: Block, live: Set<Value>)?
      repeat {
        let carriedResults = carries.sorted().map { body.results[$0] }
        prunedBody = prune(
          body, results: carriedResults + stacks.map { body.results[loop.carriedCount + $0] })
        if loop.hasCondition {
          prunedCondition = prune(node.regions[0], results: node.regions[0].results)
        }
        let before = carries
        for index in 0..<loop.carriedCount {
          if prunedBody.live.contains(body.parameters[1 + index])
            || prunedCondition?.live.contains(node.regions[0].parameters[1 + index]) == true
          {
            carries.insert(index)
          }
        }
        if carries == before { break }
      } while true

      let keptCarries = carries.sorted()
      let sliceStart = 1 + loop.carriedCount
      var scans = loop.scans.indices.filter {
        prunedBody.live.contains(body.parameters[sliceStart + $0])
      }
      var op = loop
      if scans.isEmpty, let first = loop.scans.indices.first {
        let operand = node.operands[loop.carriedCount + first]
        let length = type(operand).shape[loop.scans[first].axis]
        let canBound = length.map { (loop.maximumIterations ?? $0) >= $0 } ?? false
        if let length, canBound || stacks.isEmpty {
          op.maximumIterations = min(loop.maximumIterations ?? length, length)
        } else {
          scans = [first]
        }
      }
      let invariantStart = sliceStart + loop.scans.count
      let conditionStart = 1 + loop.carriedCount
      let invariants = (0..<loop.invariantCount).filter { index in
        guard !isConstant(node.operands[loop.invariantRange.lowerBound + index]) else {
          return false
        }
        return prunedBody.live.contains(body.parameters[invariantStart + index])
          || prunedCondition?.live.contains(node.regions[0].parameters[conditionStart + index])
            == true
      }
      op.carriedCount = keptCarries.count
      op.scans = scans.map { loop.scans[$0] }
      op.invariantCount = invariants.count
      op.stacks = stacks.map { loop.stacks[$0] }

      var block = prunedBody.block
      block.parameters =
        [body.parameters[0]] + keptCarries.map { body.parameters[1 + $0] }
        + scans.map { body.parameters[sliceStart + $0] }
        + invariants.map { body.parameters[invariantStart + $0] }
      var regions = [block]
      if var condition = prunedCondition?.block {
        let parameters = node.regions[0].parameters
        condition.parameters =
          [parameters[0]] + keptCarries.map { parameters[1 + $0] }
          + invariants.map { parameters[conditionStart + $0] }
        regions.insert(condition, at: 0)
      }
      let operands =
        keptCarries.map { node.operands[$0] }
        + scans.map { node.operands[loop.scanRange.lowerBound + $0] }
        + invariants.map { node.operands[loop.invariantRange.lowerBound + $0] }
        + (loop.hasBound ? [node.operands.last!] : [])
      let results =
        keptCarries.map { node.results[$0] }
        + stacks.map { node.results[loop.carriedCount + $0] } + [node.results.last!]
      return Node(
        op: op, operands: operands, results: results, regions: regions, origin: node.origin)
    }
  }
}
