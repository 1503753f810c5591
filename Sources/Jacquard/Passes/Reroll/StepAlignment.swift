/// Finds out which node of a repeated run belongs to which step.
///
/// Inside the run that is a matter of counting. Its ends are ragged: a first step has no state before it to add a gradient from, in
/// a last one nobody needs what the next would read. There nodes are matched by what reads them, or by what they read.
struct StepAlignment {
  /// How far before its reader the operand of a slot stands in the sequence.
  private struct Source: Hashable {
    var distance: Int
    var result: Int
  }

  /// A reader of a slot.
  private struct Reader {
    var slot: Int
    var operand: Int
    var source: Source
  }

  /// What is known of one position at the start of the run.
  private struct Entry {
    var node: Int?
    var operands: [Value?]?
    var sum: Value?
  }

  let sequence: NodeSequence
  let run: RepeatedRun
  let program: Program
  let isTaken: (Int) -> Bool
  let locate: (Value) -> SliceLocation?
  let period: Int
  private var sources: [[Source?]] = []
  private var readers: [[Reader]] = []
  /// The operands that are the same in every step.
  private(set) var shared: [[Value?]] = []
  /// The step before the run, and the first two of it.
  private var entries: [Entry]

  /// - Parameters:
  ///   - isTaken: whether a node is part of another loop already.
  ///   - locate: what a value is a slice of.
  init(
    _ sequence: NodeSequence, _ run: RepeatedRun, _ program: Program,
    isTaken: @escaping (Int) -> Bool, locate: @escaping (Value) -> SliceLocation?
  ) {
    self.sequence = sequence
    self.run = run
    self.program = program
    self.isTaken = isTaken
    self.locate = locate
    period = run.period
    entries = Array(repeating: Entry(), count: 3 * run.period)
    readers = Array(repeating: [], count: run.period)
    for slot in 0..<period { findSources(slot) }
  }

  enum Result {
    case steps(UnrolledSteps)
    /// There is more than one loop in the run: another starts at this position.
    case split(Int)
    /// Fewer than two steps are beyond doubt.
    case none
  }

  mutating func result() -> Result {
    guard let start = matchStart() else { return .none }
    matchUnread(from: start)
    dropUnfounded(from: start)
    let certain = (run.end - period - start) / period
    guard certain >= 2 else { return .none }
    if let broken = firstBreak(from: start, steps: certain) { return .split(broken) }
    let links = (0..<period).map { slot in
      sources[rawSlot(start + slot)].map { source in
        source.map { source -> UnrolledSteps.Link in
          let position = slot - source.distance
          let lag = position >= 0 ? 0 : (period - 1 - position) / period
          return UnrolledSteps.Link(
            slot: position + lag * period, result: source.result, lag: lag)
        }
      }
    }
    var steps = UnrolledSteps(members: [], links: links, partialSums: [:])
    for step in 0..<certain {
      steps.members.append(
        (0..<period).map { slot in node(at: start + step * period + slot) })
    }
    for slot in 0..<period {
      guard let entry = entry(at: start + slot), let sum = entry.sum, let terms = entry.operands
      else { continue }
      steps.partialSums[slot] = UnrolledSteps.PartialSum(value: sum, terms: terms)
    }
    matchEnd(of: &steps, from: start)
    return .steps(steps)
  }

  /// Where the first step starts that does not read what the others do.
  private func firstBreak(from start: Int, steps: Int) -> Int? {
    let first = run.start + 2 * period
    for position in first..<max(first, start + steps * period) {
      let slot = rawSlot(position)
      let node = sequence.nodes[sequence.order[position]]
      for (index, value) in node.operands.enumerated() {
        let isExpected: Bool
        if let source = sources[slot][index] {
          guard position - source.distance >= start else { continue }
          isExpected = self.value(at: position - source.distance, source.result) == value
        } else {
          isExpected = shared[slot][index].map { program.areSame($0, value) } ?? true
        }
        if !isExpected { return start + (position - start) / period * period }
      }
    }
    return nil
  }

  // MARK: Slots

  func rawSlot(_ position: Int) -> Int {
    ((position - run.start) % period + period) % period
  }

  func key(_ slot: Int) -> Int { sequence.keys[run.start + slot] }

  /// Compares the operands of a slot in the second and third step.
  private mutating func findSources(_ slot: Int) {
    let second = sequence.nodes[sequence.order[run.start + period + slot]]
    let position = run.start + 2 * period + slot
    let third = sequence.nodes[sequence.order[position]]
    var own: [Source?] = []
    var same: [Value?] = []
    for (index, value) in third.operands.enumerated() {
      var source: Source?
      var known: Value?
      if third.op.usesElements(ofOperand: index) {
        if program.areSame(value, second.operands[index]) {
          known = value
        } else if let definition = sequence.definition(of: value),
          let defined = sequence.positions[definition.node], defined >= run.start,
          defined < position
        {
          source = Source(distance: position - defined, result: definition.result)
        }
      }
      own.append(source)
      same.append(known)
      if let source, source.distance < 2 * period {
        readers[rawSlot(position - source.distance)].append(
          Reader(slot: slot, operand: index, source: source))
      }
    }
    sources.append(own)
    shared.append(same)
  }

  // MARK: The start

  private func entry(at position: Int) -> Entry? {
    let index = position - (run.start - period)
    return entries.indices.contains(index) ? entries[index] : nil
  }

  private mutating func setEntry(at position: Int, _ entry: Entry) {
    entries[position - (run.start - period)] = entry
  }

  private func node(at position: Int) -> Int? {
    if let entry = entry(at: position) { return entry.node }
    return position < run.end ? sequence.order[position] : nil
  }

  private func operands(at position: Int) -> [Value?]? {
    if let entry = entry(at: position) { return entry.operands }
    return position < run.end ? sequence.nodes[sequence.order[position]].operands : nil
  }

  /// Matches nodes from the third step backwards by what reads them, as far as each fits; gives where the first step starts.
  private mutating func matchStart() -> Int? {
    var floor = run.start - period
    var start: Int?
    var position = run.start + 2 * period - 1
    while position >= floor {
      defer { position -= 1 }
      let slot = rawSlot(position)
      guard let expected = expectedResults(at: position) else { break }
      var candidate: Int?
      if let first = expected.first {
        let definition = sequence.definition(of: first.value)
        if let definition, definition.result == first.result,
          expected.allSatisfy({
            sequence.nodes[definition.node].results[$0.result] == $0.value
          })
        {
          candidate = definition.node
        }
      } else if position >= run.start {
        candidate = sequence.order[position]
      } else {
        continue
      }
      if let candidate, isLike(candidate, slot) {
        setEntry(
          at: position,
          Entry(node: candidate, operands: sequence.nodes[candidate].operands))
        start = position
      } else if expected.count == 1,
        let (entry, least) = partialSum(of: expected[0].value, at: position)
      {
        setEntry(at: position, entry)
        floor = max(floor, least)
        // A term that is a slice has no node that would be matched for it.
        let hasSlice = zip(entry.operands ?? [], sources[slot]).contains { $0 != nil && $1 == nil }
        if hasSlice { start = position }
      } else {
        break
      }
    }
    guard let start else { return nil }
    return max(start, floor)
  }

  /// What readers of a position take from it; `nil` if they contradict each other.
  private func expectedResults(at position: Int) -> [(result: Int, value: Value)]? {
    var expected: [(result: Int, value: Value)] = []
    for reader in readers[rawSlot(position)] {
      guard let value = operands(at: position + reader.source.distance)?[reader.operand] else {
        continue
      }
      if let known = expected.first(where: { $0.result == reader.source.result }) {
        guard program.areSame(known.value, value) else { return nil }
      } else {
        expected.append((reader.source.result, value))
      }
    }
    return expected
  }

  /// Whether a node does what the slot does, with the same shared operands.
  private func isLike(_ node: Int, _ slot: Int) -> Bool {
    guard let position = sequence.positions[node], sequence.keys[position] == key(slot),
      !isTaken(node)
    else { return false }
    return zip(sequence.nodes[node].operands, shared[slot]).allSatisfy { value, shared in
      shared.map { program.areSame($0, value) } ?? true
    }
  }

  /// What stands in place of a sum whose terms from a step before are missing, and where the first step may start at the earliest
  /// for them to come from before it.
  private func partialSum(of value: Value, at position: Int) -> (Entry, least: Int)? {
    let slot = rawSlot(position)
    let example = sequence.nodes[sequence.order[run.start + period + slot]]
    guard example.op is AddN || example.op is Add,
      example.operands.allSatisfy({
        program.type(of: $0) == program.type(of: example.results[0])
      })
    else { return nil }
    let definitions = sources[slot]
    func fits(_ term: Value, _ index: Int) -> Bool {
      guard let source = definitions[index] else {
        return isSlice(term, operand: index, at: position)
      }
      guard let definition = sequence.definition(of: term), definition.result == source.result,
        let defined = sequence.positions[definition.node]
      else { return false }
      return sequence.keys[defined] == key(rawSlot(position - source.distance))
    }
    var terms = [Value?](repeating: nil, count: definitions.count)
    var node: Int?
    let nearest = definitions.indices.sorted {
      (definitions[$0]?.distance ?? 0, $0) < (definitions[$1]?.distance ?? 0, $1)
    }
    if let index = nearest.first(where: { fits(value, $0) }) {
      terms[index] = value
    } else {
      guard let definition = sequence.definition(of: value), !isTaken(definition.node) else {
        return nil
      }
      let sum = sequence.nodes[definition.node]
      guard sum.op is AddN || sum.op is Add, sum.operands.count < terms.count else { return nil }
      var next = 0
      for term in sum.operands {
        while next < terms.count, !fits(term, next) { next += 1 }
        guard next < terms.count else { return nil }
        terms[next] = term
        next += 1
      }
      node = definition.node
    }
    var least = position - 2 * period
    for index in terms.indices where terms[index] == nil {
      guard let source = definitions[index] else { return nil }
      least = max(least, position - source.distance + 1)
    }
    return (Entry(node: node, operands: terms, sum: value), least)
  }

  /// Whether a value is the slice that an operand of the slot would be at `position`, going by the second and third step.
  private func isSlice(_ value: Value, operand: Int, at position: Int) -> Bool {
    let slot = rawSlot(position)
    func example(_ step: Int) -> Value {
      sequence.nodes[sequence.order[run.start + step * period + slot]].operands[operand]
    }
    guard let second = locate(example(1)), let third = locate(example(2)),
      let own = locate(value), own.source == second.source, own.source == third.source
    else { return false }
    let step = (position - run.start - slot) / period
    return own.index == second.index + (step - 1) * (third.index - second.index)
  }

  /// A result of what stands at a position.
  private func value(at position: Int, _ result: Int) -> Value? {
    entry(at: position)?.sum ?? node(at: position).map { sequence.nodes[$0].results[result] }
  }

  /// Whether a node reads of the first steps what a slot at `position` would; `nil` if the slot reads nothing of them.
  private func readsSteps(_ node: Int, as position: Int, from start: Int) -> Bool? {
    var reads: Bool?
    for (index, source) in sources[rawSlot(position)].enumerated() {
      guard let source, position - source.distance >= start else { continue }
      let value = value(at: position - source.distance, source.result)
      if value != sequence.nodes[node].operands[index] { return false }
      reads = true
    }
    return reads
  }

  /// Matches nodes of the first step that nothing in it reads, by what they read: those that stand before the run.
  private mutating func matchUnread(from start: Int) {
    guard start < run.start else { return }
    let matched = entries.compactMap(\.node)
    guard let first = matched.compactMap({ sequence.positions[$0] }).min() else { return }
    var candidates: [Int: [Int]] = [:]
    let taken = Set(matched)
    for position in first..<max(first, run.start) where !taken.contains(sequence.order[position]) {
      candidates[sequence.keys[position], default: []].append(sequence.order[position])
    }
    for position in start..<run.start {
      guard let entry = entry(at: position), entry.node == nil, entry.sum == nil else { continue }
      let slot = rawSlot(position)
      let index = candidates[key(slot)]?.firstIndex {
        isLike($0, slot) && readsSteps($0, as: position, from: start) == true
      }
      guard let index, let node = candidates[key(slot)]?.remove(at: index) else { continue }
      setEntry(at: position, Entry(node: node, operands: sequence.nodes[node].operands))
    }
  }

  /// Leaves out nodes of the first two steps that nothing in them reads, and that read something else than the slot does.
  private mutating func dropUnfounded(from start: Int) {
    for position in start..<run.start + 2 * period {
      guard let entry = entry(at: position), let node = entry.node, entry.sum == nil,
        readers[rawSlot(position)].isEmpty,
        readsSteps(node, as: position, from: start) == false
      else { continue }
      setEntry(at: position, Entry())
    }
  }
}
