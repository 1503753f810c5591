/// Merges loops that compute the same recurrence: the forward twins of gradients with their originals.
///
/// Two loops are put side by side in one, and the values of the joint body are numbered under the assumption that carries that start
/// equal stay equal; where the body contradicts it, the assumption is refined, to a fixpoint (optimistic value numbering: ordinary
/// elimination of common subexpressions never equates carries).
struct MergeLoops: Pass {
  static let name = "merge-loops"
  static let contract =
    "Two loops of one block that iterate equally often, of which one carries nothing the other does not, become one."

  func run(_ program: inout Program) {
    let merger = LoopMerger(values: program.values)
    merger.merge(&program.root)
  }
}

struct LoopMerger {
  let values: [ValueInfo]

  /// Merges the loops of `block`, then those inside its loops and branches.
  func merge(_ block: inout Block) {
    var loops = block.nodes.indices.filter { block.nodes[$0].op is While }
    var first = 0
    while first < loops.count {
      var second = first + 1
      while second < loops.count {
        if mergePair(loops[first], loops[second], in: &block) {
          // What stood behind the loop that is gone has moved up.
          loops.remove(at: second)
          for index in second..<loops.count { loops[index] -= 1 }
        } else {
          second += 1
        }
      }
      first += 1
    }
    for node in block.nodes.indices {
      for region in block.nodes[node].regions.indices {
        merge(&block.nodes[node].regions[region])
      }
    }
  }

  /// Merges the loop at `second` into the one at `first`, if they are twins.
  private func mergePair(_ first: Int, _ second: Int, in block: inout Block) -> Bool {
    guard let a = block.nodes[first].op as? While, let b = block.nodes[second].op as? While,
      iterateAlike(a, block.nodes[first], b, block.nodes[second])
    else { return false }
    // Both sets of effects would take turns; twins have none.
    guard !block.nodes[second].hasExternalEffect else { return false }
    let definedLater = Set(block.nodes[first...].flatMap(\.results))
    guard !block.nodes[second].operands.contains(where: definedLater.contains),
      let merged = JointLoop(block.nodes[first], a, block.nodes[second], b, self).merged()
    else { return false }
    block.nodes[first] = merged.node
    block.nodes.remove(at: second)
    block.rename(merged.replacement)
    return true
  }

  /// Whether both run equally often, provided that their conditions agree.
  private func iterateAlike(_ a: While, _ first: Node, _ b: While, _ second: Node) -> Bool {
    guard a.hasCondition == b.hasCondition, a.hasBound == b.hasBound,
      a.maximumIterations == b.maximumIterations, a.scans.isEmpty == b.scans.isEmpty,
      a.parallelIterations == b.parallelIterations
    else { return false }
    if a.hasBound && key(first.operands.last!) != key(second.operands.last!) { return false }
    if let scanA = a.scans.first, let scanB = b.scans.first {
      let operandA = first.operands[a.carriedCount]
      let operandB = second.operands[b.carriedCount]
      let lengthA = type(operandA).shape[scanA.axis]
      if lengthA == nil {
        guard operandA == operandB else { return false }
      } else if lengthA != type(operandB).shape[scanB.axis] {
        return false
      }
    }
    return true
  }

  func type(_ value: Value) -> TensorType { values[Int(value.index)].type }

  /// What makes two operands equal.
  func key(_ value: Value) -> AnyHashable {
    if let constant = values[Int(value.index)].constant { return constant }
    return value
  }
}
