/// Computes once what several nodes of a block compute.
struct MergeCommonSubexpressions: Pass {
  static let name = "merge-common-subexpressions"
  static let contract =
    "Of several nodes of one block with equal ops, without external effects or regions, over equal operands, the first stays."

  private struct Key: Hashable {
    var op: AnyHashable
    var operands: [Operand]
  }

  private enum Operand: Hashable {
    case value(Value)
    case constant(AnyHashable)
  }

  func run(_ program: inout Program) {
    let values = program.values
    program.root.rewrite { merge(&$0, values) }
  }

  private func merge(_ block: inout Block, _ values: [ValueInfo]) {
    var replacement: [Value: Value] = [:]
    var known: [Key: [Value]] = [:]
    var kept: [Node] = []
    for var node in block.nodes {
      node.operands = node.operands.map { replacement[$0] ?? $0 }
      let isPure = node.op.effect == .none || node.op.effect == .random
      guard isPure, node.regions.isEmpty else {
        kept.append(node)
        continue
      }
      let key = Key(
        op: AnyHashable(node.op),
        operands: node.operands.enumerated().map { index, value in
          if let constant = values[Int(value.index)].constant, constant.count <= 16 {
            return .constant(constant)
          }
          if !node.op.usesElements(ofOperand: index) {
            let type = values[Int(value.index)].type
            if type.shape.known != nil { return .constant(type) }
          }
          return .value(value)
        })
      if let earlier = known[key] {
        for (old, new) in zip(node.results, earlier) { replacement[old] = new }
      } else {
        known[key] = node.results
        kept.append(node)
      }
    }
    block.nodes = kept
    block.results = block.results.map { replacement[$0] ?? $0 }
  }
}
