/// Moves out of loops what is the same in every iteration.
struct HoistInvariants: Pass {
  static let name = "hoist-invariants"
  static let contract =
    "A node of a loop body that reads invariants only, has no effects and cannot fail stands before the loop."

  func run(_ program: inout Program) {
    program.rewriteLoops { form, program in (before: hoist(&form, &program), after: []) }
  }

  private func hoist(_ form: inout LoopForm, _ program: inout Program) -> [Node] {
    var moved: [Node] = []
    var kept: [Node] = []
    var outer: [Value: Value] = [:]
    for invariant in form.invariants { outer[invariant.inner] = invariant.outer }
    for var node in form.nodes {
      let operands = node.operands.enumerated().map { index, operand -> Value? in
        if program.constant(operand) != nil || !node.op.usesElements(ofOperand: index) {
          return operand
        }
        return outer[operand]
      }
      guard program.canMove(node), !operands.contains(nil) else {
        kept.append(node)
        continue
      }
      // The body keeps the values it had; outside they have new ones.
      let results = node.results
      node.operands = operands.compactMap(\.self)
      node.results = results.map { program.addValue(program.type(of: $0)) }
      moved.append(node)
      for (inner, new) in zip(results, node.results) {
        outer[inner] = new
        form.addInvariant(new, as: inner, in: &program)
      }
    }
    form.nodes = kept
    return moved
  }
}
