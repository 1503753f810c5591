import JacquardArrays

/// The product of two matrices, added to a third operand of its shape.
///
/// Made by the compiler for sums of products; never part of a graph.
struct AddedMatMul: Op {
  var transposeA: Bool
  var transposeB: Bool

  private var product: MatMul { MatMul(transposeA: transposeA, transposeB: transposeB) }

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    let types = try product.resultTypes(TypeRuleInput(Array(operands.types[..<2])))
    guard operands.types.count == 3, operands[2] == types[0] else {
      throw TypeRuleError("the product \(types[0]) is added to \(operands.types.dropFirst(2))")
    }
    return types
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let layout = GEMMLayout(
      a: context.shape(0), b: context.shape(1), transposeA: transposeA, transposeB: transposeB)
    return GEMMKernel(layout, dtype: context.dtype(0), addend: 2)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [2]) }
}
