/// Makes sums of several arrays additions, which other passes know how to fuse, move and take into products.
struct ExpandSums: Pass {
  static let name = "expand-sums"
  static let contract =
    "A sum of several arrays becomes additions of two, in the same order and with the same bits."

  func run(_ program: inout Program) {
    program.rewriteBlocks { block, program in
      guard block.nodes.indices.contains(where: { block.nodes[$0].op is AddN }) else { return }
      var nodes: [Node] = []
      nodes.reserveCapacity(block.nodes.count)
      for node in block.nodes {
        var list = NodeList(origin: node.origin)
        if expand(node, &list, &program) { nodes += list.nodes } else { nodes.append(node) }
      }
      block.nodes = nodes
    }
  }

  private func expand(_ node: Node, _ list: inout NodeList, _ program: inout Program) -> Bool {
    guard node.op is AddN, node.operands.count > 1 else { return false }
    var sum = node.operands[0]
    for (index, operand) in node.operands.enumerated().dropFirst() {
      let isLast = index == node.operands.count - 1
      guard
        let next = list.append(
          Add(), [sum, operand], as: isLast ? node.results[0] : nil, in: &program)
      else { return false }
      sum = next
    }
    return true
  }
}
