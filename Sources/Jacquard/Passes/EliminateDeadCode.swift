/// Drops what nothing asked for needs: nodes, and carries, scans, invariants and stacks of loops.
struct EliminateDeadCode: Pass {
  static let name = "eliminate-dead-code"
  static let contract =
    "Nodes without effects whose results are unused are dropped, in loops also carries that only feed themselves."

  func run(_ program: inout Program) {
    var pruner = Pruner(program)
    pruner.prune(&program.root)
  }

  private struct Pruner {
    private let values: Program
    /// Which values are used, of all blocks: what is used when a loop carries less is used when it carries more.
    private var isLive: ValueTable<Bool>

    init(_ program: Program) {
      values = Program(values: program.values)
      isLive = ValueTable(program, repeating: false)
    }

    private func isConstant(_ value: Value) -> Bool { values.isConstant(value) }
    private func type(_ value: Value) -> TensorType { values.type(of: value) }

    /// Leaves in the block what its results and effects need.
    mutating func prune(_ block: inout Block) {
      for result in block.results { isLive[result] = true }
      var isKept = [Bool](repeating: true, count: block.nodes.count)
      var drops = false
      for index in block.nodes.indices.reversed() {
        let results = block.nodes[index].results
        guard results.contains(where: { isLive[$0] }) || block.nodes[index].hasExternalEffect else {
          isKept[index] = false
          drops = true
          continue
        }
        if !block.nodes[index].regions.isEmpty { block.nodes[index] = shrink(block.nodes[index]) }
        let operands = block.nodes[index].operands
        for position in operands.indices {
          let operand = operands[position]
          if isLive[operand] || isConstant(operand) { continue }
          isLive[operand] =
            block.nodes[index].op.usesElements(ofOperand: position)
            || !values.type(of: operand).shape.isKnown
        }
      }
      if drops { block.keepNodes(isKept) }
    }

    /// The block with what `results` and its effects need.
    private mutating func pruned(_ block: Block, results: [Value]) -> Block {
      var block = block
      block.results = results
      prune(&block)
      return block
    }

    private mutating func shrink(_ node: Node) -> Node {
      switch node.op {
      case let loop as While: shrinkLoop(loop, node)
      case is Conditional: shrinkConditional(node)
      default: node
      }
    }

    private mutating func shrinkConditional(_ node: Node) -> Node {
      let kept = node.results.indices.filter { isLive[node.results[$0]] }
      var blocks: [Block] = []
      var used: Set<Int> = []
      for region in node.regions {
        blocks.append(pruned(region, results: kept.map { region.results[$0] }))
        for (index, parameter) in region.parameters.enumerated()
        where isLive[parameter] && !isConstant(parameter) {
          used.insert(index)
        }
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

    private mutating func shrinkLoop(_ loop: While, _ node: Node) -> Node {
      let stacks = loop.stacks.indices.filter { isLive[node.results[loop.carriedCount + $0]] }
      let body = node.regions.last!
      var condition: Block?
      if loop.hasCondition {
        condition = pruned(node.regions[0], results: node.regions[0].results)
      }
      var keptCarries = (0..<loop.carriedCount).filter { isLive[node.results[$0]] }
      var block: Block
      repeat {
        block = pruned(
          body,
          results: keptCarries.map { body.results[$0] }
            + stacks.map { body.results[loop.carriedCount + $0] })
        let before = keptCarries
        keptCarries = (0..<loop.carriedCount).filter { index in
          isLive[node.results[index]] || isLive[body.parameters[1 + index]]
            || (condition != nil && isLive[node.regions[0].parameters[1 + index]])
        }
        if keptCarries.count == before.count { break }
      } while true

      let sliceStart = 1 + loop.carriedCount
      var scans = loop.scans.indices.filter {
        isLive[body.parameters[sliceStart + $0]] || $0 == loop.liveRows
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
        return isLive[body.parameters[invariantStart + index]]
          || (condition != nil && isLive[node.regions[0].parameters[conditionStart + index]])
      }
      op.carriedCount = keptCarries.count
      op.scans = scans.map { loop.scans[$0] }
      op.liveRows = loop.liveRows.flatMap { scans.firstIndex(of: $0) }
      op.invariantCount = invariants.count
      op.stacks = stacks.map { loop.stacks[$0] }

      block.parameters =
        [body.parameters[0]] + keptCarries.map { body.parameters[1 + $0] }
        + scans.map { body.parameters[sliceStart + $0] }
        + invariants.map { body.parameters[invariantStart + $0] }
      var regions = [block]
      if var condition {
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
