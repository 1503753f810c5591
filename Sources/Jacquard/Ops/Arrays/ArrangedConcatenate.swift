import JacquardArrays

/// Joins its operands, the elements of each in an order of its own.
///
/// Made by the compiler of joints of transposed and reversed arrays; never part of a graph.
struct ArrangedConcatenate: Op {
  /// Where the elements of each operand lie, and where they go.
  var layouts: [StridedLayout]
  var result: TensorType

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [result] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    StridedCopyKernel(name: Concatenate.name, layouts: layouts, dtype: result.dtype)
  }
}
