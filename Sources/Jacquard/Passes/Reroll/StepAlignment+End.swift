extension StepAlignment {
  /// Appends steps of nodes that read what the slots of such a step would, as long as half of them are there.
  func matchEnd(of steps: inout UnrolledSteps, from start: Int) {
    let first = start + steps.count * period
    var positions: [Int: [Int]] = [:]
    for position in first..<min(sequence.order.count, run.end + period)
    where sequence.keys[position] >= 0 && !isTaken(sequence.order[position]) {
      positions[sequence.keys[position], default: []].append(position)
    }
    while true {
      var row = [Int?](repeating: nil, count: period)
      var matched = 0
      for slot in 0..<period {
        let raw = rawSlot(start + slot)
        guard
          let index = (positions[key(raw)] ?? []).firstIndex(where: {
            fits(sequence.order[$0], slot, raw, row, steps)
          })
        else { continue }
        row[slot] = sequence.order[positions[key(raw)]!.remove(at: index)]
        matched += 1
      }
      if 2 * matched < period { return }
      steps.members.append(row)
    }
  }

  /// Whether a node reads what a slot would in the step after those known, of which `row` has the slots before.
  private func fits(
    _ node: Int, _ slot: Int, _ raw: Int, _ row: [Int?], _ steps: UnrolledSteps
  ) -> Bool {
    let candidate = sequence.nodes[node]
    for (index, value) in candidate.operands.enumerated()
    where candidate.op.usesElements(ofOperand: index) {
      if let link = steps.links[slot][index] {
        let source =
          link.lag == 0
          ? row[link.slot].map { sequence.nodes[$0].results[link.result] }
          : steps.count < link.lag
            ? nil
            : steps.value(steps.count - link.lag, link.slot, link.result, in: sequence.nodes)
        guard source == value else { return false }
      } else if let same = shared[raw][index] {
        guard program.areSame(same, value) else { return false }
      } else {
        guard isNext(value, slot, index, steps) else { return false }
      }
    }
    return true
  }

  /// Whether a value goes on with the slices that an operand was in the last two steps; anything does if those go nowhere.
  private func isNext(_ value: Value, _ slot: Int, _ operand: Int, _ steps: UnrolledSteps) -> Bool {
    func location(_ step: Int) -> SliceLocation? {
      steps.operands(step, slot, in: sequence.nodes)?[operand].flatMap(locate)
    }
    guard let last = location(steps.count - 1), let before = location(steps.count - 2),
      last.source == before.source
    else { return true }
    let next = 2 * last.index - before.index
    guard (0..<last.length).contains(next) else { return true }
    guard let own = locate(value) else { return false }
    return own.source == last.source && own.index == next
  }
}
