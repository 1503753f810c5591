import JacquardArrays

/// Writes a block anew with loops in place of unrolled steps.
struct RolledBlock {
  private enum Item {
    case node(Node)
    case loop(Int)
  }

  private var rolling: LoopRolling
  private var items: [Item] = []
  /// What stands for values of steps outside of their loops, and for joints of them.
  private var replacement: [Value: Value] = [:]

  init(_ rolling: LoopRolling) { self.rolling = rolling }

  mutating func rewritten(_ block: Block, _ program: inout Program) -> Block {
    let loops = rolling.loops.indices.sorted {
      rolling.loops[$0].nodes.lowerBound < rolling.loops[$1].nodes.lowerBound
    }
    var index = 0
    for loop in loops {
      let range = rolling.loops[loop].nodes
      while index < range.lowerBound {
        append(block.nodes[index], &program)
        index += 1
      }
      append(loop, range, block.nodes, &program)
      index = range.upperBound + 1
    }
    for node in block.nodes[index...] { append(node, &program) }
    let results = block.results.map { outer($0, block.nodes.last?.origin, &program) }
    return Block(parameters: block.parameters, nodes: nodes(&program), results: results)
  }

  private mutating func nodes(_ program: inout Program) -> [Node] {
    var nodes: [Node] = []
    for item in items {
      switch item {
      case .node(let node): nodes.append(node)
      case .loop(let loop): nodes += rolling.loops[loop].assembled(&program)
      }
    }
    return nodes
  }

  /// Appends a loop between what it needs and what needs it of the nodes that stood among its steps.
  private mutating func append(
    _ loop: Int, _ range: ClosedRange<Int>, _ nodes: [Node], _ program: inout Program
  ) {
    let others = range.filter { rolling.loopOfNode[$0] != loop }
    let behind =
      others.isEmpty ? [] : rolling.nodesBehind(range) { rolling.members[$0]?.loop == loop }
    for index in others where !behind.contains(index) { append(nodes[index], &program) }
    for node in rolling.preparations[loop] { append(node, &program) }
    for value in rolling.loops[loop].outerOperands {
      let known = outer(value, rolling.loops[loop].origin, &program)
      if known != value { rolling.loops[loop].replaceOperand(value, with: known) }
    }
    items.append(.loop(loop))
    for index in others where behind.contains(index) { append(nodes[index], &program) }
  }

  // MARK: Nodes outside loops

  private mutating func append(_ node: Node, _ program: inout Program) {
    if appendPlacements(node, &program) || appendSum(node, &program)
      || appendJoint(node, &program)
    {
      return
    }
    var node = node
    for (index, operand) in node.operands.enumerated() where node.op.usesElements(ofOperand: index)
    {
      node.operands[index] = outer(operand, node.origin, &program)
    }
    items.append(.node(node))
  }

  /// What stands for a value outside of loops.
  private mutating func outer(
    _ value: Value, _ origin: OperationID?, _ program: inout Program
  ) -> Value {
    if let known = replacement[value] { return known }
    guard let member = rolling.members[value] else { return value }
    let loop = rolling.loops[member.loop]
    let result: Value
    if member.step == loop.count - 1 {
      result = rolling.ask(member.loop) { $0.final(member.slot, member.result, &program) }
    } else {
      let stack = rolling.ask(member.loop) { $0.stack(member.slot, member.result, &program) }
      let index = loop.isReversed ? loop.count - 1 - member.step : member.step
      var list = NodeList(origin: origin ?? loop.origin)
      let bound = Slice.Bound(axis: 0, begin: index, end: index + 1)
      let shape = program.type(of: value).shape.known ?? []
      let slice = list.append(Slice(bounds: [bound]), [stack], in: &program)
      result =
        slice.flatMap { list.append(Reshape(shape: shape), [$0], in: &program) } ?? value
      items += list.nodes.map { .node($0) }
    }
    replacement[value] = result
    return result
  }

  /// A slot of a loop.
  private struct Slot: Hashable {
    var loop: Int
    var slot: Int
    var result: Int
  }

  private func slot(of value: Value) -> (slot: Slot, step: Int)? {
    rolling.members[value].map { (Slot(loop: $0.loop, slot: $0.slot, result: $0.result), $0.step) }
  }

  /// Appends a sum of which some terms are those of all steps of a loop, which adds them up.
  private mutating func appendSum(_ node: Node, _ program: inout Program) -> Bool {
    guard node.op is AddN else { return false }
    var steps: [Slot: Set<Int>] = [:]
    var counts: [Slot: Int] = [:]
    for operand in node.operands {
      guard let (slot, step) = slot(of: operand) else { continue }
      steps[slot, default: []].insert(step)
      counts[slot, default: 0] += 1
    }
    func isWhole(_ slot: Slot) -> Bool {
      counts[slot] == rolling.loops[slot.loop].count && steps[slot]?.count == counts[slot]
    }
    guard steps.keys.contains(where: isWhole) else { return false }
    var terms: [Value] = []
    var added: Set<Slot> = []
    for operand in node.operands {
      if let (slot, _) = slot(of: operand), isWhole(slot) {
        guard added.insert(slot).inserted else { continue }
        terms.append(
          rolling.ask(slot.loop) { $0.sum(slot.slot, slot.result, &program) })
      } else {
        terms.append(outer(operand, node.origin, &program))
      }
    }
    if terms.count == 1 {
      replacement[node.results[0]] = terms[0]
    } else {
      var sum = node
      sum.operands = terms
      items.append(.node(sum))
    }
    return true
  }

  /// Appends a sum of what lays the slices that a slot gives in all steps into zeros: the loop stacks them.
  private mutating func appendPlacements(_ node: Node, _ program: inout Program) -> Bool {
    guard node.op is AddN, let first = placedSlot(node.operands[0], program),
      node.operands.count == rolling.loops[first.slot.loop].count,
      program.type(of: node.results[0]).shape[first.place.axis] == node.operands.count,
      let shape = program.type(of: node.results[0]).shape.known
    else { return false }
    let count = node.operands.count
    let isReversed = first.place.index != first.step
    var indices: Set<Int> = []
    for operand in node.operands {
      guard let own = placedSlot(operand, program), own.slot == first.slot,
        own.place.whole == first.place.whole,
        own.step == (isReversed ? count - 1 - own.place.index : own.place.index),
        indices.insert(own.step).inserted
      else { return false }
    }
    let stack = rolling.ask(first.slot.loop) {
      $0.stack(
        first.slot.slot, first.slot.result, axis: first.place.axis, reversed: isReversed, &program)
    }
    items.append(
      .node(
        Node(
          op: Reshape(shape: shape), operands: [stack], results: node.results, origin: node.origin))
    )
    return true
  }

  private func placedSlot(_ value: Value, _ program: Program) -> (
    slot: Slot, step: Int, place: NodeSequence.ArraySlice
  )? {
    guard let place = rolling.sequence.placements[value],
      let definition = rolling.sequence.definition(of: value),
      let (slot, step) = slot(of: rolling.sequence.nodes[definition.node].operands[0])
    else { return nil }
    return (slot, step, place)
  }

  /// Appends a joint of what a slot gives in all steps, which the loop stacks.
  private mutating func appendJoint(_ node: Node, _ program: inout Program) -> Bool {
    guard node.op is Stack || node.op is Concatenate, let first = slot(of: node.operands[0]),
      node.operands.count == rolling.loops[first.slot.loop].count, node.operands.count > 1,
      let rank = program.type(of: node.results[0]).shape.rank
    else { return false }
    let count = node.operands.count
    let isReversed = first.step != 0
    for (index, operand) in node.operands.enumerated() {
      guard let own = slot(of: operand), own.slot == first.slot,
        own.step == (isReversed ? count - 1 - index : index)
      else { return false }
    }
    var axis = (node.op as? Stack)?.axis ?? (node.op as? Concatenate)?.axis ?? 0
    if axis < 0 { axis += rank }
    let stack = rolling.ask(first.slot.loop) {
      $0.stack(first.slot.slot, first.slot.result, axis: axis, reversed: isReversed, &program)
    }
    if node.op is Stack {
      replacement[node.results[0]] = stack
    } else {
      let shape = program.type(of: node.results[0]).shape.known ?? []
      items.append(
        .node(
          Node(
            op: Reshape(shape: shape), operands: [stack], results: node.results,
            origin: node.origin)))
    }
    return true
  }
}
