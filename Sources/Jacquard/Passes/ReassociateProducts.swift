import JacquardArrays

/// Multiplies chains of matrices in the cheaper order: (x·A + b)·B as x·(A·B) + b·B where `x` has fewer columns than `x·A`.
///
/// A dense layer in front of a recurrent one is such a chain, and so are the gradients of both: (x·A + b)ᵀ·g is Aᵀ·(xᵀ·g) below
/// bᵀ·(1ᵀ·g), and xᵀ·(g·B) is (xᵀ·g)·B. With the bias as a last row of A, and ones as a last column of x, all three
/// share one product xᵀ·g.
struct ReassociateProducts: Pass {
  static let name = "reassociate-products"
  static let isExact = false
  static let contract =
    "(x·A + b)·B, (x·A + b)ᵀ·g, and xᵀ·(g·B) if nothing else reads g·B, are multiplied in another order where that takes a quarter fewer operations; sums change their order."

  func run(_ program: inout Program) {
    program.rewriteBlocks { block, program in
      guard block.nodes.indices.contains(where: { block.nodes[$0].op is MatMul }) else { return }
      var rewriter = ProductRewriter(block, program)
      rewriter.rewrite(&block, &program)
    }
  }
}
