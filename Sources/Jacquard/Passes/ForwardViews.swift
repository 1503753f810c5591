/// Uses an operand in place of what only shows it unchanged, and a part in place of what takes it out of a joint again.
struct ForwardViews: Pass {
  static let name = "forward-views"
  static let contract =
    "A node without effects whose result is its operand's memory, of equal type, is replaced by the operand, and a slice that is just what a joint was made of by that."

  func run(_ program: inout Program) {
    let unchanged = program
    program.root.rewrite { forward(&$0, unchanged) }
  }

  private func forward(_ block: inout Block, _ program: Program) {
    var replacement: [Value: Value] = [:]
    var joints: [Value: Node] = [:]
    var kept: [Node] = []
    for var node in block.nodes {
      node.operands = node.operands.map { replacement[$0] ?? $0 }
      if let operand = shownOperand(of: node, program) {
        replacement[node.results[0]] = operand
      } else if let parts = joinedParts(of: node, joints, program) {
        for (result, part) in zip(node.results, parts) { replacement[result] = part }
      } else {
        if node.op is Concatenate { joints[node.results[0]] = node }
        kept.append(node)
      }
    }
    block.nodes = kept
    block.results = block.results.map { replacement[$0] ?? $0 }
  }

  /// What was joined, if `node` takes just that out of a joint.
  private func joinedParts(of node: Node, _ joints: [Value: Node], _ program: Program) -> [Value]? {
    guard let joint = node.operands.first.flatMap({ joints[$0] }),
      let op = joint.op as? Concatenate, let rank = program.type(of: joint.results[0]).shape.rank
    else { return nil }
    let axis = op.axis < 0 ? op.axis + rank : op.axis
    let lengths = joint.operands.map { program.type(of: $0).shape[axis] ?? 0 }
    if let split = node.op as? Split {
      guard (split.axis < 0 ? split.axis + rank : split.axis) == axis,
        node.results.map({ program.type(of: $0).shape[axis] ?? 0 }) == lengths
      else { return nil }
      return joint.operands
    }
    guard let slicing = node.op as? any SlicingOp, slicing.effect == .none,
      let context = program.loweringContext(of: node),
      let region = try? slicing.region(in: context),
      region.strides.allSatisfy({ $0 == 1 })
    else { return nil }
    var start = 0
    for (operand, length) in zip(joint.operands, lengths) {
      if start == region.start[axis], length == region.sizes[axis],
        program.type(of: operand) == program.type(of: node.results[0]),
        program.type(of: operand).shape.known == region.sizes
      {
        return [operand]
      }
      start += length
    }
    return nil
  }

  private func shownOperand(of node: Node, _ program: Program) -> Value? {
    guard node.op.effect == .none, node.regions.isEmpty, node.results.count == 1,
      let context = program.loweringContext(of: node),
      case .view(let operand, byteOffset: 0) = node.op.aliasing(context),
      context.operands[operand] == context.results[0]
    else { return nil }
    return node.operands[operand]
  }
}

extension Program {
  /// What the op of a node sees when it lowers; `nil` while a shape is not known.
  func loweringContext(of node: Node) -> LoweringContext? {
    let operands = node.operands.map { type(of: $0) }
    let results = node.results.map { type(of: $0) }
    guard (operands + results).allSatisfy({ $0.shape.known != nil }) else { return nil }
    return LoweringContext(
      operands: operands, results: results, constants: node.operands.map { constant($0) },
      location: KernelLocation(operation: node.origin.rawValue))
  }
}
