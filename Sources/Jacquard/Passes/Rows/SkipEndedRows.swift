/// Leaves rows that have ended out of the products that sum over the steps of loops.
struct SkipEndedRows: Pass {
  static let name = "skip-ended-rows"
  static let isExact = false
  static let contract =
    "Of what a loop with live rows stacks, a product over all rows takes the live ones only, to which the others add nothing; sums change their order."

  func run(_ program: inout Program) {
    program.rewriteBlocks { block, program in
      guard block.nodes.contains(where: { ($0.op as? While)?.liveRows != nil }) else { return }
      let graph = BlockGraph(block, program)
      let nodes = block.nodes
      block.nodes = nodes.flatMap { product($0, block, graph, &program) ?? [$0] }
    }
  }

  /// What gives the product over live rows in place of one over all.
  private func product(
    _ node: Node, _ block: Block, _ graph: BlockGraph, _ program: inout Program
  ) -> [Node]? {
    let isProduct: Bool
    switch node.op {
    case let op as MatMul: isProduct = op.transposeA && !op.transposeB
    case let op as AddedMatMul: isProduct = op.transposeA && !op.transposeB
    default: return nil
    }
    guard isProduct,
      node.operands[..<2].allSatisfy({ program.type(of: $0).shape.rank == 2 }),
      let live = node.operands[..<2].compactMap({
        liveRows(of: $0, block, graph, program)
      }).first
    else { return nil }
    var list = NodeList(origin: node.origin)
    var counts = live.array
    if live.isReversed {
      guard let reversed = list.append(Reverse(axes: [0]), [counts], in: &program) else {
        return nil
      }
      counts = reversed
    }
    return list.nodes + [
      Node(
        op: LiveRowsMatMul(hasAddend: node.operands.count > 2),
        operands: node.operands[..<2] + [counts] + node.operands[2...], results: node.results,
        origin: node.origin)
    ]
  }

  /// How many rows are live in each step of a loop that stacks `rows`, and whether the first of these counts belongs to the last step
  /// stacked.
  private func liveRows(
    of rows: Value, _ block: Block, _ graph: BlockGraph, _ program: Program
  ) -> BatchedArray? {
    let array = graph.base(of: rows, in: block)
    guard let loop = graph.producer(of: array), let form = LoopForm(block.nodes[loop]),
      let stack = form.stacks.first(where: { $0.result == array }),
      let scan = form.scans.first(where: { $0.slice == form.liveRows }),
      stack.specification.axis == 0,
      let shape = program.type(of: array).shape.known, shape.count > 1,
      program.type(of: rows).shape[0] == shape[0] * shape[1],
      program.type(of: scan.array).shape.elementCount == shape[0]
    else { return nil }
    return BatchedArray(
      array: scan.array,
      isReversed: scan.specification.reversed != stack.specification.reversed)
  }
}
