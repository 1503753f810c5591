import JacquardArrays

/// Evaluates at compile time what follows from constants.
struct FoldConstants: Pass {
  static let name = "fold-constants"
  static let contract =
    "A node without effects whose operands are constants, and whose results are small, is replaced by them."

  /// Larger results would cost more memory than computing them costs time.
  private static let elementLimit = 4096

  func run(_ program: inout Program) {
    program.rewriteBlocks(fold)
  }

  private func fold(_ block: inout Block, _ program: inout Program) {
    var isKept = [Bool](repeating: true, count: block.nodes.count)
    var folds = false
    for index in block.nodes.indices {
      guard Self.readsConstantsOnly(block.nodes[index], program),
        let arrays = elements(of: block.nodes[index], program)
      else { continue }
      for (value, array) in zip(block.nodes[index].results, arrays) {
        program.values[Int(value.index)].constant = array
      }
      isKept[index] = false
      folds = true
    }
    if folds { block.keepNodes(isKept) }
  }

  private static func readsConstantsOnly(_ node: Node, _ program: Program) -> Bool {
    node.operands.indices.allSatisfy { position in
      program.isConstant(node.operands[position]) || !node.op.usesElements(ofOperand: position)
    }
  }

  private func elements(of node: Node, _ program: Program) -> [NDArray]? {
    guard node.op.effect == .none, node.regions.isEmpty, !node.results.isEmpty else { return nil }
    let isSmall = node.results.allSatisfy {
      (program.type(of: $0).shape.elementCount ?? .max) <= Self.elementLimit
    }
    guard isSmall, let operands = ShapeFolding.foldableOperands(of: node, in: program) else {
      return nil
    }
    return try? ConstantEvaluator.evaluate(node, in: program, operands: operands)
  }
}
