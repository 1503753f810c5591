import JacquardArrays

/// The scalar of the second operand everywhere, in the shape that the elements of the first say.
struct Fill: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    try operands.requireIndices(0, role: "dimensions")
    guard operands[0].shape.isCompatible(with: [nil]) else {
      throw TypeRuleError(
        "the shape is \(operands[0]), not a vector", remedy: "give a vector of dimensions")
    }
    guard operands[1].shape.isCompatible(with: .scalar) else {
      throw TypeRuleError(
        "the value is \(operands[1]), not a scalar",
        remedy: "give a scalar, or repeat the value with .broadcast(to:)")
    }
    let dtype = operands[1].dtype
    guard let constant = operands.constants[0] else {
      return [TensorType(dtype, try .open(rank: operands[0].shape[0]))]
    }
    let shape = constant.converted(to: .int64).elements(as: Int64.self).map { Int($0) }
    try requireValidShape(shape)
    return [TensorType(dtype, PartialShape(known: shape))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil, upstream[0]?.sum()] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    FillKernel(
      scalarOperand: 1, dtype: context.dtype(1), count: context.resultShape().reduce(1, *))
  }

  func determinesShape(operand index: Int) -> Bool { index == 0 }
}

/// `value` in each element of a tensor of the shape that the elements of `shape` say when the graph runs.
///
/// - Parameters:
///   - shape: `[rank]`, int32 or int64. Where it depends on data that are fed, a plan is compiled for each shape.
///   - value: a scalar.
public func fill(
  shape: Tensor, value: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  value.graph.insert(Fill(), shape, value, file: file, line: line)
}
