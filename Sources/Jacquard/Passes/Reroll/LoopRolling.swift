import JacquardArrays

/// Turns the repeated runs of a block into loops, one after the other.
struct LoopRolling {
  /// What a value of the block is in a loop.
  struct Member {
    var source: StepValue
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

  /// What a value is a slice of: of an array taken apart, or of what a loop gives in all its steps.
  func location(of value: Value, _ program: Program) -> SliceLocation? {
    if let member = members[value] {
      return SliceLocation(
        source: .loop(member.source), index: member.step,
        length: loops[member.source.loop].count)
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
    let indices = steps.members.flatMap { $0.compactMap(\.self) }
    let own = Set(indices.flatMap { sequence.nodes[$0].results })
    let examples = (0..<steps.slotCount).compactMap { steps.example(of: $0) }
      .map { sequence.nodes[$0] }
    guard let first = indices.min(), let last = indices.max(), examples.count == steps.slotCount,
      !loops.contains(where: { $0.nodes.overlaps(first...last) }),
      isSelfContained(first...last, own),
      let operands = StepOperands(steps, sequence.nodes, own)
        .classified(program, examples: examples)
    else { return false }
    let varying = operands.joined().compactMap { operand -> [Value?]? in
      if case .varying(let values) = operand { values } else { nil }
    }
    var loop = RolledLoop(
      count: steps.count, nodes: first...last, isReversed: isReversed(varying, program),
      origin: sequence.nodes[first].origin, &program)
    var arrays = LoopOperands(count: steps.count)
    let values = examples.map { node in
      node.results.map { program.addValue(program.type(of: $0)) }
    }
    for (slot, node) in examples.enumerated() {
      let inner = zip(operands[slot], node.operands).map { operand, example -> Value in
        switch operand {
        case .shape: example
        case .same(let value): loop.form.invariant(for: value, in: &program)
        case .current(let link): values[link.slot][link.result]
        case .previous(let link, let initial):
          loop.previous(values[link.slot][link.result], initial: initial, &program)
        case .anyPrevious(let link):
          loop.previous(values[link.slot][link.result], &program)
        case .varying(let values): arrays.slice(values, for: &loop, from: &self, &program)
        }
      }
      loop.form.nodes.append(
        Node(op: node.op, operands: inner, results: values[slot], origin: node.origin))
    }
    guard !loop.form.carries.isEmpty || arrays.gathered == 0 else { return false }
    for (step, row) in steps.members.enumerated() {
      for (slot, index) in row.enumerated() {
        guard let index else { continue }
        loopOfNode[index] = loops.count
        for (result, value) in zip(sequence.nodes[index].results, values[slot]) {
          members[result] = Member(
            source: StepValue(loop: loops.count, value: value), step: step)
        }
      }
    }
    loops.append(loop)
    preparations.append(arrays.preparation)
    return true
  }

  /// Whether nodes between the first and the last of the steps can stand before or behind all of them.
  private func isSelfContained(_ range: ClosedRange<Int>, _ own: Set<Value>) -> Bool {
    let behind = nodesBehind(range) { own.contains($0) }
    for index in range {
      let node = sequence.nodes[index]
      if loopOfNode[index] != nil { return false }
      let isMember = node.results.first.map { own.contains($0) } ?? false
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
    if case .loop(let source) = source { loops[source.loop].isReversed } else { false }
  }
}
