import JacquardArrays

/// Writes what is transposed or reversed, and then only joined to something, where it belongs in the joint.
struct FuseCopies: Pass {
  static let name = "fuse-copies"
  static let contract =
    "A transposed or reversed array that only one joint reads is written into the joint at once; bits stay the same."

  func run(_ program: inout Program) {
    var graph = BlockGraph(program)
    program.rewriteBlocks { block, program in
      let joints = block.nodes.indices.filter {
        block.nodes[$0].op is Concatenate && block.nodes[$0].operands.count > 1
      }
      guard !joints.isEmpty else { return }
      graph.enter(block)
      let rewritten = joints.map { arranged(block.nodes[$0], in: block, graph, program) }
      graph.leave(block)
      for (index, node) in zip(joints, rewritten) {
        if let node { block.nodes[index] = node }
      }
    }
  }

  /// The joint with the operands of what arranges its own; `nil` if nothing does.
  private func arranged(
    _ joint: Node, in block: Block, _ graph: BlockGraph, _ program: Program
  ) -> Node? {
    guard let context = program.loweringContext(of: joint), let op = joint.op as? Concatenate,
      let axis = try? context.operands[0].shape.checkedAxis(op.axis)
    else { return nil }
    let whole = AxisView(context.resultShape(), axis: axis)
    let sources = joint.operands.map { source(of: $0, in: block, graph, program) }
    guard whole.outer * whole.length * whole.inner > 0, sources.contains(where: { $0 != nil })
    else { return nil }
    var layouts: [StridedLayout] = []
    var offset = 0
    for (index, source) in sources.enumerated() {
      let part = AxisView(context.shape(index), axis: axis)
      let block = part.length * part.inner
      guard block > 0,
        let layout = (source?.layout ?? .dense(part.outer * block)).inBlocks(
          of: block, every: whole.length * whole.inner, from: offset)
      else { return nil }
      layouts.append(layout)
      offset += block
    }
    var node = joint
    node.op = ArrangedConcatenate(layouts: layouts, result: context.results[0])
    node.operands = zip(joint.operands, sources).map { $1?.value ?? $0 }
    return node
  }

  /// What `value` is in another order of elements, if it has one reader.
  private func source(
    of value: Value, in block: Block, _ graph: BlockGraph, _ program: Program
  ) -> (value: Value, layout: StridedLayout)? {
    guard let index = graph.producer(of: value), graph.hasOneReader(value),
      let context = program.loweringContext(of: block.nodes[index])
    else { return nil }
    let node = block.nodes[index]
    if case .view(operand: let operand, byteOffset: 0) = node.op.aliasing(context) {
      return source(of: node.operands[operand], in: block, graph, program)
    }
    guard let op = node.op as? any RearrangingOp, let layout = try? op.layout(context) else {
      return nil
    }
    return (node.operands[0], layout)
  }
}
