import JacquardArrays

/// Sums the first operand over the axes along which the second, of which only the shape matters, would broadcast to it.
struct SumToShape: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let (shape, target) = (operands[0].shape, operands[1].shape)
    guard operands[0].dtype.isNumeric else {
      throw TypeRuleError("there is no sum of bool", remedy: "cast the operand with .cast(to:)")
    }
    let broadcast = PartialShape.broadcast(shape, target)
    guard let broadcast, broadcast.isCompatible(with: shape) else {
      throw TypeRuleError(
        "a tensor of shape \(target) does not broadcast to shape \(shape)",
        remedy: "sum to the shape of a tensor that broadcasts to this one")
    }
    return [TensorType(operands[0].dtype, target)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.broadcast(toShapeOf: call.operands[0]), nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let (shape, target) = (context.shape(0), context.resultShape())
    let leading = shape.count - target.count
    let axes = shape.indices.filter {
      $0 < leading || (target[$0 - leading] == 1 && shape[$0] != 1)
    }
    return try makeReductionKernel(
      name: Self.name, .sum, shape: shape, axes: axes, dtype: context.dtype(0))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    let (shape, target) = (context.shape(0), context.resultShape())
    return shape.filter { $0 != 1 } == target.filter { $0 != 1 }
      ? .view(operand: 0, byteOffset: 0) : .none
  }

  func usesElements(ofOperand index: Int) -> Bool { index == 0 }
}

extension Tensor {
  /// The sum over the axes along which `other` would broadcast to this tensor's shape; shaped like `other`.
  ///
  /// The adjoint of broadcasting: gradients of operands that broadcast.
  public func summed(
    toShapeOf other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    if self == other || shape.isSurelyEqual(to: other.shape) { return self }
    return graph.insert(SumToShape(), self, other, file: file, line: line)
  }
}

extension PartialShape {
  /// Whether both shapes are fully known and the same.
  func isSurelyEqual(to other: PartialShape) -> Bool {
    guard let known else { return false }
    return known == other.known
  }
}
