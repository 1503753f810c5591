/// Uses an operand in place of what only shows it unchanged.
struct ForwardViews: Pass {
  static let name = "forward-views"
  static let contract =
    "A node without effects whose result is its operand's memory, of equal type, is replaced by the operand."

  func run(_ program: inout Program) {
    let unchanged = program
    program.root.rewrite { forward(&$0, unchanged) }
  }

  private func forward(_ block: inout Block, _ program: Program) {
    var replacement: [Value: Value] = [:]
    var kept: [Node] = []
    for var node in block.nodes {
      node.operands = node.operands.map { replacement[$0] ?? $0 }
      if let operand = shownOperand(of: node, program) {
        replacement[node.results[0]] = operand
      } else {
        kept.append(node)
      }
    }
    block.nodes = kept
    block.results = block.results.map { replacement[$0] ?? $0 }
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
