import JacquardArrays

/// Repeats the first operand along new axes and axes of length 1 up to the shape of the second, of which only the shape matters.
struct BroadcastLike: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    return [
      TensorType(
        operands[0].dtype, try broadcastShape(operands[0].shape, to: operands[1].shape))
    ]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.summed(toShapeOf: call.operands[0]), nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { broadcastKernel(context) }
  func aliasing(_ context: LoweringContext) -> Aliasing { broadcastAliasing(context) }
  func usesElements(ofOperand index: Int) -> Bool { index == 0 }
}

/// Repeats its operand along new axes and axes of length 1 up to a shape.
struct BroadcastTo: Op {
  var shape: [Int]

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try requireValidShape(shape)
    let target = PartialShape(known: shape)
    return [TensorType(operands[0].dtype, try broadcastShape(operands[0].shape, to: target))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.summed(toShapeOf: call.operands[0])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { broadcastKernel(context) }
  func aliasing(_ context: LoweringContext) -> Aliasing { broadcastAliasing(context) }
}

private func broadcastShape(_ shape: PartialShape, to target: PartialShape) throws -> PartialShape {
  guard let common = PartialShape.broadcast(shape, target), common.isCompatible(with: target) else {
    throw TypeRuleError(
      "a tensor of shape \(shape) does not broadcast to shape \(target)",
      remedy: "make each of its dimensions, counted from the last, equal to the target's or 1")
  }
  return common.merged(with: target) ?? target
}

private func broadcastKernel(_ context: LoweringContext) -> any Kernel {
  let shape = context.resultShape()
  return StridedCopyKernel(
    name: "Broadcast",
    layout: StridedLayout(
      dimensions: shape,
      sourceStrides: ShapeArithmetic.broadcastStrides(from: context.shape(0), to: shape)),
    dtype: context.dtype(0))
}

private func broadcastAliasing(_ context: LoweringContext) -> Aliasing {
  context.shape(0).filter { $0 != 1 } == context.resultShape().filter { $0 != 1 }
    ? .view(operand: 0, byteOffset: 0) : .none
}

/// Requires that an array can have `shape`.
func requireValidShape(_ shape: [Int]) throws {
  var count = 1
  for dimension in shape {
    guard dimension >= 0 else {
      throw TypeRuleError(
        "the shape \(shape) has a negative dimension", remedy: "give dimensions of at least 0")
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: max(dimension, 1))
    guard !overflow, product < Int.max / 8 else {
      throw TypeRuleError(
        "the shape \(shape) has more elements than memory can hold",
        remedy: "give smaller dimensions")
    }
    count = product
  }
}

extension Tensor {
  /// This tensor repeated along new leading axes and axes of length 1 up to the shape of `other`.
  public func broadcast(
    toShapeOf other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    if self == other || shape.isSurelyEqual(to: other.shape) { return self }
    return graph.insert(BroadcastLike(), self, other, file: file, line: line)
  }

  /// This tensor repeated along new leading axes and axes of length 1 up to `shape`.
  public func broadcast(
    to shape: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(BroadcastTo(shape: shape), self, file: file, line: line)
  }
}

extension [Int] {
  /// The sum, or the greatest number where that is too small.
  var saturatingSum: Int {
    reduce(0) { total, next in
      let (sum, overflow) = total.addingReportingOverflow(next)
      return overflow ? .max : sum
    }
  }
}
