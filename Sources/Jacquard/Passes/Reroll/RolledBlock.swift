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
    return Block(parameters: block.parameters, nodes: nodes, results: results)
  }

  private var nodes: [Node] {
    items.flatMap { item -> [Node] in
      switch item {
      case .node(let node): return [node]
      case .loop(let loop):
        var nodes = rolling.loops[loop].assembled
        let last = nodes.count - 1
        nodes[last].operands = nodes[last].operands.map { replacement[$0] ?? $0 }
        return nodes
      }
    }
  }

  /// Appends a loop between what it needs and what needs it of the nodes that stood among its steps.
  private mutating func append(
    _ loop: Int, _ range: ClosedRange<Int>, _ nodes: [Node], _ program: inout Program
  ) {
    let others = range.filter { rolling.loopOfNode[$0] != loop }
    let behind =
      others.isEmpty ? [] : rolling.nodesBehind(range) { rolling.members[$0]?.source.loop == loop }
    for index in others where !behind.contains(index) { append(nodes[index], &program) }
    for node in rolling.preparations[loop] { append(node, &program) }
    for value in rolling.loops[loop].form.node.operands {
      _ = outer(value, rolling.loops[loop].form.origin, &program)
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
    let source = member.source
    let (count, isReversed) = (
      rolling.loops[source.loop].count, rolling.loops[source.loop].isReversed
    )
    let result: Value
    if member.step == count - 1 {
      result = rolling.loops[source.loop].final(source.value, &program)
    } else {
      let stack = rolling.loops[source.loop].stack(source.value, &program)
      let index = isReversed ? count - 1 - member.step : member.step
      var list = NodeList(origin: origin ?? rolling.loops[source.loop].form.origin)
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

  /// Appends a sum of which some terms are those of all steps of a loop, which adds them up.
  private mutating func appendSum(_ node: Node, _ program: inout Program) -> Bool {
    guard node.op is AddN else { return false }
    var steps: [StepValue: [Int]] = [:]
    for operand in node.operands {
      if let member = rolling.members[operand] {
        steps[member.source, default: []].append(member.step)
      }
    }
    func isWhole(_ source: StepValue) -> Bool {
      steps[source]?.sorted() == Array(0..<rolling.loops[source.loop].count)
    }
    let whole = Set(steps.keys.filter(isWhole))
    if whole.isEmpty { return false }
    var terms: [Value] = []
    var added: Set<StepValue> = []
    for operand in node.operands {
      if let source = rolling.members[operand]?.source, whole.contains(source) {
        guard added.insert(source).inserted else { continue }
        terms.append(rolling.loops[source.loop].sum(source.value, &program))
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

  /// Appends a sum of what lays the slices that a loop computes in all steps into zeros: the loop stacks them.
  private mutating func appendPlacements(_ node: Node, _ program: inout Program) -> Bool {
    guard node.op is AddN, let (first, place) = placedMember(node.operands[0]),
      program.type(of: node.results[0]).shape[place.axis] == node.operands.count
    else { return false }
    let isReversed = place.index != first.step
    let last = node.operands.count - 1
    var steps: [Int] = []
    for operand in node.operands {
      guard let (own, ownPlace) = placedMember(operand), own.source == first.source,
        ownPlace.whole == place.whole,
        own.step == (isReversed ? last - ownPlace.index : ownPlace.index)
      else { return false }
      steps.append(own.step)
    }
    return append(
      node, ifAllStepsOf: first.source, steps.sorted(), axis: place.axis, reversed: isReversed,
      &program)
  }

  private func placedMember(
    _ value: Value
  ) -> (member: LoopRolling.Member, place: NodeSequence.ArraySlice)? {
    guard let place = rolling.sequence.placements[value],
      let definition = rolling.sequence.definition(of: value),
      let member = rolling.members[rolling.sequence.nodes[definition.node].operands[0]]
    else { return nil }
    return (member, place)
  }

  /// Appends a joint of what a loop computes in all steps, which the loop stacks.
  private mutating func appendJoint(_ node: Node, _ program: inout Program) -> Bool {
    let joined = (node.op as? Stack)?.axis ?? (node.op as? Concatenate)?.axis
    guard
      let axis = joined.flatMap({ program.type(of: node.results[0]).shape.normalized(axis: $0) }),
      let first = rolling.members[node.operands[0]]
    else { return false }
    let joint = node.operands.compactMap { rolling.members[$0] }
    guard joint.count == node.operands.count, joint.allSatisfy({ $0.source == first.source })
    else { return false }
    let isReversed = first.step != 0
    let steps = joint.map(\.step)
    return append(
      node, ifAllStepsOf: first.source, isReversed ? steps.reversed() : steps, axis: axis,
      reversed: isReversed, &program)
  }

  /// Has a loop stack what it computes, and the stack stand for the result of `node`, if `steps` are all its steps in turn.
  private mutating func append(
    _ node: Node, ifAllStepsOf source: StepValue, _ steps: [Int], axis: Int, reversed: Bool,
    _ program: inout Program
  ) -> Bool {
    let type = program.type(of: node.results[0])
    guard steps == Array(0..<rolling.loops[source.loop].count), let shape = type.shape.known else {
      return false
    }
    let stack = rolling.loops[source.loop].stack(
      source.value, axis: axis, reversed: reversed, &program)
    if program.type(of: stack) == type {
      replacement[node.results[0]] = stack
    } else {
      items.append(
        .node(
          Node(
            op: Reshape(shape: shape), operands: [stack], results: node.results,
            origin: node.origin)))
    }
    return true
  }
}
