/// Tells what each operand of the slots of unrolled steps is, in every step.
struct StepOperands {
  enum Operand {
    /// Only the shape matters.
    case shape
    case same(Value)
    /// A slot of the same step.
    case current(UnrolledSteps.Link)
    /// A slot of the step before; in the first step `initial`, or zeros.
    case previous(UnrolledSteps.Link, initial: Value?)
    /// The same, whatever there is in the first step.
    case anyPrevious(UnrolledSteps.Link)
    /// Another value in each step; `nil` inside where any will do.
    case varying([Value?])
  }

  private let steps: UnrolledSteps
  private let nodes: [Node]
  /// What the steps compute.
  private let own: Set<Value>

  init(_ steps: UnrolledSteps, _ nodes: [Node], _ own: Set<Value>) {
    self.steps = steps
    self.nodes = nodes
    self.own = own
  }

  /// For each slot its operands; `nil` if the steps are not alike after all.
  func classified(_ program: Program, examples: [Node]) -> [[Operand]]? {
    var slots: [[Operand]] = []
    for (slot, example) in examples.enumerated() {
      guard fillsSafely(slot, example, program) else { return nil }
      var operands: [Operand] = []
      for index in example.operands.indices {
        if !example.op.usesElements(ofOperand: index) {
          operands.append(.shape)
          continue
        }
        let values = (0..<steps.count).map { steps.operands($0, slot, in: nodes)?[index] }
        let operand =
          steps.links[slot][index].map { linked($0, slot, values, program) }
          ?? unlinked(values, program)
        guard let operand else { return nil }
        operands.append(operand)
      }
      slots.append(operands)
    }
    return slots
  }

  /// Whether a slot is in all steps, but for the first and the last few where its nodes may as well run in vain.
  private func fillsSafely(_ slot: Int, _ example: Node, _ program: Program) -> Bool {
    let present = (0..<steps.count).filter { steps.operands($0, slot, in: nodes) != nil }
    guard let first = present.first, let last = present.last,
      present.count == last - first + 1, first <= 1
    else { return false }
    return present.count == steps.count || program.canMove(example)
  }

  private func linked(
    _ link: UnrolledSteps.Link, _ slot: Int, _ values: [Value?], _ program: Program
  ) -> Operand? {
    guard link.lag <= 1 else { return nil }
    for step in link.lag..<steps.count where steps.operands(step, slot, in: nodes) != nil {
      guard let value = values[step],
        steps.value(step - link.lag, link.slot, link.result, in: nodes) == value
      else { return nil }
    }
    if link.lag == 0 { return .current(link) }
    guard steps.operands(0, slot, in: nodes) != nil else { return .anyPrevious(link) }
    if let initial = values[0], own.contains(initial) { return nil }
    return .previous(link, initial: values[0])
  }

  private func unlinked(_ values: [Value?], _ program: Program) -> Operand? {
    let known = values.compactMap(\.self)
    guard own.isDisjoint(with: known), let first = known.first else { return nil }
    if known.allSatisfy({ program.areSame($0, first) }) { return .same(first) }
    return .varying(values)
  }
}
