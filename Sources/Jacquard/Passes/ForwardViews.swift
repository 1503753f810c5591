/// Uses an operand in place of what only shows it unchanged, and a part in place of what takes it out of a joint again.
struct ForwardViews: Pass {
  static let name = "forward-views"
  static let contract =
    "A node without effects whose result is its operand's memory, of equal type, is replaced by the operand, and a slice that is just what a joint was made of by that."

  func run(_ program: inout Program) {
    let values = Program(values: program.values)
    var replacements = Replacements(values)
    program.root.rewrite { forward(&$0, &replacements, values) }
  }

  private func forward(
    _ block: inout Block, _ replacements: inout Replacements, _ program: Program
  ) {
    var joints: [Value: Node] = [:]
    var isKept = [Bool](repeating: true, count: block.nodes.count)
    var forwards = false
    for index in block.nodes.indices {
      replacements.apply(to: &block.nodes[index].operands)
      if let operand = shownOperand(of: block.nodes[index], program) {
        replacements[block.nodes[index].results[0]] = operand
      } else if let parts = joinedParts(of: block.nodes[index], joints, program) {
        for (result, part) in zip(block.nodes[index].results, parts) {
          replacements[result] = part
        }
      } else {
        if block.nodes[index].op is Concatenate {
          joints[block.nodes[index].results[0]] = block.nodes[index]
        }
        continue
      }
      isKept[index] = false
      forwards = true
    }
    if forwards { block.keepNodes(isKept) }
    replacements.apply(to: &block.results)
  }

  /// What was joined, if `node` takes just that out of a joint.
  private func joinedParts(of node: Node, _ joints: [Value: Node], _ program: Program) -> [Value]? {
    guard !joints.isEmpty, let joint = node.operands.first.flatMap({ joints[$0] }),
      let op = joint.op as? Concatenate,
      case let shape = program.type(of: joint.results[0]).shape,
      let axis = shape.normalized(axis: op.axis)
    else { return nil }
    let lengths = joint.operands.map { program.type(of: $0).shape[axis] ?? 0 }
    if let split = node.op as? Split {
      guard shape.normalized(axis: split.axis) == axis,
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
    guard node.results.count == 1, node.regions.isEmpty else { return nil }
    let type = program.type(of: node.results[0])
    guard node.operands.contains(where: { program.type(of: $0) == type }), node.op.effect == .none,
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
    guard node.operands.allSatisfy({ type(of: $0).shape.isKnown }),
      node.results.allSatisfy({ type(of: $0).shape.isKnown })
    else { return nil }
    return LoweringContext(
      operands: node.operands.map { type(of: $0) }, results: node.results.map { type(of: $0) },
      constants: node.operands.map { constant($0) },
      location: KernelLocation(operation: node.origin.rawValue))
  }
}
