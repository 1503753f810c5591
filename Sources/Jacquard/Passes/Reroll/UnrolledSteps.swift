/// The steps of an unrolled loop: which node of the block computes what of which step.
struct UnrolledSteps {
  /// Where an operand comes from: a result of another slot, of the same step or of one before.
  struct Link: Hashable {
    var slot: Int
    var result: Int
    /// How many steps before.
    var lag: Int
  }

  /// A sum of the first step in which terms are missing that would come from a step before.
  struct PartialSum {
    /// What stands for the sum.
    var value: Value
    /// The terms; `nil` for those missing.
    var terms: [Value?]
  }

  /// The node that each slot is in each step. The first and last steps may lack what nobody needs there.
  var members: [[Int?]]
  /// For each slot and operand where it comes from, if from the steps.
  var links: [[Link?]]
  /// Sums of the first step of which terms are missing, by slot.
  var partialSums: [Int: PartialSum]

  var count: Int { members.count }
  var slotCount: Int { links.count }

  /// A node of the slot, with all its operands: the first step's may be a sum of fewer terms.
  func example(of slot: Int) -> Int? {
    members.dropFirst(partialSums[slot] == nil ? 0 : 1).lazy.compactMap { $0[slot] }.first
  }

  /// The operands of a slot in a step; `nil` inside for missing terms of a sum, `nil` if it is not there at all.
  func operands(_ step: Int, _ slot: Int, in nodes: [Node]) -> [Value?]? {
    if step == 0, let sum = partialSums[slot] { return sum.terms }
    return members[step][slot].map { nodes[$0].operands }
  }

  /// The result of a slot in a step, if it is there.
  func value(_ step: Int, _ slot: Int, _ result: Int, in nodes: [Node]) -> Value? {
    if step == 0, let sum = partialSums[slot] { return sum.value }
    return members[step][slot].map { nodes[$0].results[result] }
  }
}

/// What a loop computes in each step.
struct StepValue: Hashable {
  var loop: Int
  /// The value of its body.
  var value: Value
}

/// What a value is a slice of, along which steps may run.
struct SliceLocation {
  enum Source: Hashable {
    case array(Value, axis: Int)
    /// What a loop that was rolled before computes in each step.
    case loop(StepValue)
  }

  var source: Source
  var index: Int
  /// How many slices there are.
  var length: Int
}
