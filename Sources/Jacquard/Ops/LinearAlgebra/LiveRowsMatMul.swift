import JacquardArrays

/// aᵀ·b of two matrices whose rows come in groups, of each of which only the first rows count; added to a last operand if there is one.
///
/// Operands: a, `[groups · length, rows]`; b, `[groups · length, columns]`; for each group how many rows count, int64 `[groups]`.
/// Made by the compiler for sums over the steps of sequences; never part of a graph.
struct LiveRowsMatMul: Op {
  var hasAddend: Bool

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(hasAddend ? 4 : 3)
    let types = try MatMul(transposeA: true, transposeB: false)
      .resultTypes(TypeRuleInput(Array(operands.types[..<2])))
    guard operands[2].dtype == .int64, let groups = operands[2].shape.elementCount, groups > 0,
      operands[0].shape[0].map({ $0 % groups == 0 }) ?? true
    else {
      throw TypeRuleError("\(operands[2]) does not say how many rows of \(operands[0]) count")
    }
    guard !hasAddend || operands[3] == types[0] else {
      throw TypeRuleError("the product \(types[0]) is added to \(operands[3])")
    }
    return types
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let layout = GEMMLayout(
      a: context.shape(0), b: context.shape(1), transposeA: true, transposeB: false)
    return GEMMKernel(
      layout, dtype: context.dtype(0), addend: hasAddend ? 3 : nil,
      live: GEMMKernel.LiveRows(groupCount: context.shape(2)[0], operand: 2))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    hasAddend ? .inPlace(operands: [3]) : .none
  }
}
