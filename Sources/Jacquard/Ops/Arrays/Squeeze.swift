import JacquardArrays

/// Removes an axis of length 1.
struct Squeeze: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let shape = operands[0].shape
    guard let index = try shape.checkedAxis(axis), var dimensions = shape.dimensions else {
      return [TensorType(operands[0].dtype, .unknown)]
    }
    if let length = dimensions[index], length != 1 {
      throw TypeRuleError(
        "axis \(axis) of shape \(shape) has length \(length), not 1",
        remedy: "squeeze an axis of length 1, or take one slice with .slice(axis:range:)")
    }
    dimensions.remove(at: index)
    return [TensorType(operands[0].dtype, PartialShape(dimensions))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.reshaped(like: call.operands[0])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }
  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
}

extension Tensor {
  /// This tensor without `axis`, which has length 1.
  ///
  /// - Parameter axis: the axis to remove, negative if counted from the end.
  public func squeezed(
    axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Squeeze(axis: axis), self, file: file, line: line)
  }
}
