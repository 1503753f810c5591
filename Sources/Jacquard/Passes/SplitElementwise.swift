/// Computes elementwise the parts of arrays in place of the whole, where they are taken apart afterwards or were joined before.
///
/// A GRU's gates are one sigmoid that is then split, and their gradients are joined before they meet it: part by part, both fuse
/// with what comes next.
struct SplitElementwise: Pass {
  static let name = "split-elementwise"
  static let contract =
    "split(f(x)) becomes f(split(x)), and f(concat(a, b), y) becomes concat(f(a, y₁), f(b, y₂)); bits stay the same."

  func run(_ program: inout Program) {
    program.rewriteBlocks { block, program in
      splitBefore(&block, &program)
      splitAfter(&block, &program)
    }
  }

  // MARK: Arrays that are taken apart

  private func splitBefore(_ block: inout Block, _ program: inout Program) {
    var splits: [Value: Node] = [:]
    for node in block.nodes where node.op is Split && node.results.count > 1 {
      let operand = node.operands[0]
      if splits[operand] == nil { splits[operand] = node }
    }
    guard !splits.isEmpty else { return }
    var nodes: [Node] = []
    var replaced: [Value: Value] = [:]
    for node in block.nodes {
      var list = NodeList(origin: node.origin)
      if let value = node.results.first, let split = splits[value],
        let axis = Self.axis(of: split, program),
        let parts = parts(
          of: node, lengths: split.results.map { program.type(of: $0).shape[axis] ?? 0 },
          axis: axis, joined: nil, &list, &program),
        list.append(Concatenate(axis: axis), parts, as: value, in: &program) != nil
      {
        nodes += list.nodes
        for (result, part) in zip(split.results, parts) { replaced[result] = part }
      } else if node.op is Split, node.results.allSatisfy({ replaced[$0] != nil }) {
        continue
      } else {
        nodes.append(node)
      }
    }
    block.nodes = nodes
    block.rename(replaced)
  }

  private static func axis(of split: Node, _ program: Program) -> Int? {
    guard let op = split.op as? Split else { return nil }
    return program.type(of: split.operands[0]).shape.normalized(axis: op.axis)
  }

  // MARK: Arrays that were joined

  private func splitAfter(_ block: inout Block, _ program: inout Program) {
    var joints: [Value: Node] = [:]
    var readers: [Value: Int] = [:]
    guard Self.hasJointWithOneReader(block) else { return }
    for result in block.results { readers[result, default: 0] += 1 }
    for node in block.nodes {
      for operand in node.operands { readers[operand, default: 0] += 1 }
    }
    var nodes: [Node] = []
    for node in block.nodes {
      if node.op is Concatenate, node.operands.count > 1, readers[node.results[0]] == 1 {
        joints[node.results[0]] = node
      }
      var list = NodeList(origin: node.origin)
      if let joined = node.operands.first(where: { joints[$0] != nil }), let joint = joints[joined],
        let op = joint.op as? Concatenate,
        let axis = program.type(of: joined).shape.normalized(axis: op.axis)
      {
        if let parts = parts(
          of: node, lengths: joint.operands.map { program.type(of: $0).shape[axis] ?? 0 },
          axis: axis, joined: (joined, joint.operands), &list, &program),
          let result = list.append(
            Concatenate(axis: axis), parts, as: node.results[0], in: &program)
        {
          nodes += list.nodes
          if readers[result] == 1, let last = list.nodes.last { joints[result] = last }
          continue
        }
      }
      nodes.append(node)
    }
    block.nodes = nodes
  }

  /// Whether there is anything for `splitAfter` to do, found without counting the readers of all values.
  private static func hasJointWithOneReader(_ block: Block) -> Bool {
    var readers: [Value: Int] = [:]
    for index in block.nodes.indices where block.nodes[index].op is Concatenate {
      readers[block.nodes[index].results[0]] = 0
    }
    if readers.isEmpty { return false }
    for result in block.results { readers[result]? += 1 }
    for index in block.nodes.indices {
      for operand in block.nodes[index].operands { readers[operand]? += 1 }
    }
    return readers.values.contains(1)
  }

  // MARK: Parts

  /// The parts of what `node` computes, along `axis`; `nil` if it is not elementwise, or broadcasts along that axis.
  private func parts(
    of node: Node, lengths: [Int], axis: Int, joined: (whole: Value, parts: [Value])?,
    _ list: inout NodeList, _ program: inout Program
  ) -> [Value]? {
    // Additions are left whole for products to take in.
    guard let op = node.op as? any ElementwiseOp, !(op is Add), node.results.count == 1,
      program.canMove(node), let shape = program.type(of: node.results[0]).shape.known,
      axis < shape.count,
      lengths.reduce(0, +) == shape[axis], lengths.allSatisfy({ $0 > 0 })
    else { return nil }
    var parts: [Value] = []
    var start = 0
    for (index, length) in lengths.enumerated() {
      var operands: [Value] = []
      for operand in node.operands {
        if let joined, operand == joined.whole {
          guard program.type(of: operand).shape.known == shape else { return nil }
          operands.append(joined.parts[index])
          continue
        }
        guard let own = program.type(of: operand).shape.known else { return nil }
        let position = axis - (shape.count - own.count)
        if position < 0 || own[position] == 1 {
          operands.append(operand)
          continue
        }
        let bound = Slice.Bound(axis: position, begin: start, end: start + length)
        guard let part = list.append(Slice(bounds: [bound]), [operand], in: &program) else {
          return nil
        }
        operands.append(part)
      }
      guard let part = list.append(op, operands, in: &program) else { return nil }
      parts.append(part)
      start += length
    }
    return parts
  }
}
