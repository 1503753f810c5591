import JacquardArrays

/// Turns the repeated runs of a block into loops, one after the other.
struct LoopRolling {
  /// What a value of the block is in a loop.
  struct Member {
    var loop: Int
    var slot: Int
    var result: Int
    var step: Int
  }

  /// Loops of fewer steps are not worth it.
  private static let leastSteps = 4

  let sequence: NodeSequence
  var loops: [RolledLoop] = []
  /// What stands before each loop and computes what it takes, in terms of the block.
  private(set) var preparations: [[Node]] = []
  /// The loop that a node has gone into.
  private(set) var loopOfNode: [Int?]
  private(set) var members: ValueTable<Member?>

  init(_ sequence: NodeSequence, _ program: Program) {
    self.sequence = sequence
    members = ValueTable(program, repeating: nil)
    loopOfNode = Array(repeating: nil, count: sequence.nodes.count)
  }

  /// Asks something of a loop.
  mutating func ask<R>(_ loop: Int, _ question: (inout RolledLoop) -> R) -> R {
    question(&loops[loop])
  }

  /// What a value is a slice of: of an array taken apart, or of what a loop gives in all its steps.
  func location(of value: Value, _ program: Program) -> SliceLocation? {
    if let member = members[value] {
      return SliceLocation(
        source: .loop(member.loop, slot: member.slot, result: member.result), index: member.step,
        length: loops[member.loop].count)
    }
    guard let slice = sequence.slices[value],
      let length = program.type(of: slice.array).shape[slice.axis]
    else { return nil }
    return SliceLocation(
      source: .array(slice.array, axis: slice.axis), index: slice.index, length: length)
  }

  // MARK: One run

  /// Makes loops of what `run` consists of.
  mutating func roll(_ run: RepeatedRun, _ program: inout Program) {
    var rest: RepeatedRun? = run
    while let run = rest, run.end - run.start >= 3 * run.period {
      switch aligned(run, program) {
      case .none: return
      case .split(let position):
        guard position > run.start, position < run.end else { return }
        var first = run
        first.end = position
        rest?.start = position
        if first.end - first.start >= 3 * run.period,
          case .steps(let steps) = aligned(first, program)
        {
          attempt(steps, &program)
        }
      case .steps(let steps):
        attempt(steps, &program)
        return
      }
    }
  }

  private func aligned(_ run: RepeatedRun, _ program: Program) -> StepAlignment.Result {
    var alignment = StepAlignment(
      sequence, run, program, isTaken: { loopOfNode[$0] != nil },
      locate: { location(of: $0, program) })
    return alignment.result()
  }

  private mutating func attempt(_ steps: UnrolledSteps, _ program: inout Program) {
    guard steps.count >= Self.leastSteps else { return }
    var attempt = self
    if attempt.add(steps, &program) { self = attempt }
  }

  private mutating func add(_ steps: UnrolledSteps, _ program: inout Program) -> Bool {
    let own = members(of: steps)
    let indices = steps.members.flatMap { $0.compactMap(\.self) }
    guard let first = indices.min(), let last = indices.max(),
      case let examples = (0..<steps.slotCount).compactMap({ steps.example(of: $0) }),
      examples.count == steps.slotCount,
      !loops.contains(where: { $0.nodes.overlaps(first...last) }),
      isSelfContained(first...last, own)
    else { return false }
    let classifier = StepOperands(steps, sequence.nodes, own)
    guard
      let operands = classifier.classified(
        program, examples: examples.map { sequence.nodes[$0] })
    else { return false }
    let values = examples.map { example in
      sequence.nodes[example].results.map { program.addValue(program.type(of: $0)) }
    }
    let outer = operands.flatMap(\.self).compactMap { operand -> [Value?]? in
      if case .varying(let values) = operand { return values }
      return nil
    }
    var loop = RolledLoop(
      steps, nodes: first...last, values: values, isReversed: isReversed(outer, program),
      origin: sequence.nodes[first].origin)
    var builder = LoopOperands(count: steps.count)
    for (slot, example) in examples.enumerated() {
      let node = sequence.nodes[example]
      var inner: [Value] = []
      for (index, operand) in operands[slot].enumerated() {
        switch operand {
        case .shape: inner.append(node.operands[index])
        case .same(let value): inner.append(loop.invariant(value, &program))
        case .current(let link): inner.append(values[link.slot][link.result])
        case .previous(let link, let initial):
          inner.append(loop.previous(link.slot, link.result, initial: initial, &program))
        case .anyPrevious(let link):
          inner.append(loop.previous(link.slot, link.result, &program))
        case .varying(let values):
          inner.append(builder.slice(values, for: &loop, from: &self, &program))
        }
      }
      loop.append(
        Node(op: node.op, operands: inner, results: values[slot], origin: node.origin))
    }
    guard loop.carriesAnything || builder.gathered == 0 else { return false }
    for index in indices { loopOfNode[index] = loops.count }
    for (value, place) in own {
      members[value] = Member(
        loop: loops.count, slot: place.slot, result: place.result, step: place.step)
    }
    loops.append(loop)
    preparations.append(builder.preparation)
    return true
  }

  private func members(of steps: UnrolledSteps) -> [Value: StepOperands.Place] {
    var own: [Value: StepOperands.Place] = [:]
    for (step, row) in steps.members.enumerated() {
      for (slot, node) in row.enumerated() {
        guard let node else { continue }
        for (result, value) in sequence.nodes[node].results.enumerated() {
          own[value] = StepOperands.Place(step: step, slot: slot, result: result)
        }
      }
    }
    return own
  }

  /// Whether nodes between the first and the last of the steps can stand before or behind all of them.
  private func isSelfContained(
    _ range: ClosedRange<Int>, _ own: [Value: StepOperands.Place]
  ) -> Bool {
    let behind = nodesBehind(range) { own[$0] != nil }
    for index in range {
      let node = sequence.nodes[index]
      if loopOfNode[index] != nil { return false }
      let isMember = node.results.first.map { own[$0] != nil } ?? false
      if !isMember {
        if node.hasExternalEffect { return false }
        continue
      }
      let readsBehind = node.operands.enumerated().contains { operand, value in
        node.op.usesElements(ofOperand: operand)
          && sequence.definition(of: value).map { behind.contains($0.node) } ?? false
      }
      if readsBehind { return false }
    }
    return true
  }

  /// The nodes of `range` that are no members of its loop, and depend on them.
  func nodesBehind(_ range: ClosedRange<Int>, isMember: (Value) -> Bool) -> Set<Int> {
    var behind: Set<Int> = []
    for index in range {
      let node = sequence.nodes[index]
      if let first = node.results.first, isMember(first) { continue }
      let depends = node.operands.enumerated().contains { operand, value in
        guard node.op.usesElements(ofOperand: operand) else { return false }
        if isMember(value) { return true }
        return sequence.definition(of: value).map { behind.contains($0.node) } ?? false
      }
      if depends { behind.insert(index) }
    }
    return behind
  }

  /// Whether the first values that are slices of something in turn are so from the last to the first.
  private func isReversed(_ operands: [[Value?]], _ program: Program) -> Bool {
    for values in operands {
      guard values.count > 2, let second = values[1], let third = values[2],
        let before = location(of: second, program), let after = location(of: third, program),
        before.source == after.source, before.index != after.index
      else { continue }
      return isReversedIndex(before, after)
    }
    return false
  }

  /// Whether the array of all slices is read from its end, if `second` follows `first`.
  func isReversedIndex(_ first: SliceLocation, _ second: SliceLocation) -> Bool {
    (second.index < first.index) != isStackedBackwards(first.source)
  }

  /// Whether the last step is in front.
  func isStackedBackwards(_ source: SliceLocation.Source) -> Bool {
    if case .loop(let loop, _, _) = source { return loops[loop].isReversed }
    return false
  }
}
