/// Makes loops of the steps of unrolled networks again, so that all that is done for loops is done for them.
///
/// Programs that unroll a recurrence repeat themselves: a run of nodes in which each is like the one a period before it. Inside such
/// a run operands are what the same step computed, or the one before it, or the same in every step, or slices of arrays, or anything
/// else, which is then gathered. See ``RepeatedRun``, ``StepAlignment``, ``StepOperands`` and ``LoopOperands``.
struct RerollSteps: Pass {
  static let name = "reroll-steps"
  static let isExact = false
  static let contract =
    "Four or more steps of a block that multiply by one matrix, alike but for their values, become a loop; sums over all steps change their order."

  func run(_ program: inout Program) {
    guard program.root.nodes.contains(where: { $0.op is MatMul }) else { return }
    let sequence = NodeSequence(program.root.nodes, program)
    let runs = sequence.repeatedRuns()
    if runs.isEmpty { return }
    var rolling = LoopRolling(sequence, program)
    for run in runs { rolling.roll(run, &program) }
    if rolling.loops.isEmpty { return }
    var block = RolledBlock(rolling)
    program.root = block.rewritten(program.root, &program)
  }
}
