import JacquardArrays

/// Evaluates at compile time what follows from constants.
struct FoldConstants: Pass {
  static let name = "fold-constants"
  static let contract =
    "A node without effects whose operands are constants, and whose results are small, is replaced by them."

  /// Larger results would cost more memory than computing them costs time.
  private static let elementLimit = 4096

  func run(_ program: inout Program) {
    program.root.rewrite { fold(&$0, &program.values) }
  }

  private func fold(_ block: inout Block, _ values: inout [ValueInfo]) {
    let program = Program(values: values)
    var current = program
    block.nodes.removeAll { node in
      guard node.op.effect == .none, node.regions.isEmpty, !node.results.isEmpty else {
        return false
      }
      let small = node.results.allSatisfy {
        (current.type(of: $0).shape.elementCount ?? .max) <= Self.elementLimit
      }
      guard small, let operands = ShapeFolding.foldableOperands(of: node, in: current),
        let arrays = try? ConstantEvaluator.evaluate(node, in: current, operands: operands)
      else { return false }
      for (value, array) in zip(node.results, arrays) {
        current.values[Int(value.index)].constant = array
      }
      return true
    }
    values = current.values
  }
}

extension Block {
  /// Applies `change` to this block and, before it, to those of its nodes, innermost first.
  mutating func rewrite(_ change: (inout Block) -> Void) {
    for node in nodes.indices {
      for region in nodes[node].regions.indices { nodes[node].regions[region].rewrite(change) }
    }
    change(&self)
  }
}
