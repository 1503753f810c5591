import JacquardArrays

/// Surrounds its operand with a constant.
struct Pad: Op {
  /// How many elements go before and after along each axis.
  var before: [Int]
  var after: [Int]
  var value: BitPattern

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let shape = operands[0].shape
    guard before.count == after.count, (before + after).allSatisfy({ $0 >= 0 }) else {
      throw TypeRuleError(
        "paddings \(before) before and \(after) after", remedy: "cut with sliced(from:sizes:)")
    }
    guard let dimensions = shape.dimensions else {
      return [TensorType(operands[0].dtype, PartialShape(before.map { _ in nil }))]
    }
    guard dimensions.count == before.count else {
      throw TypeRuleError(
        "paddings for \(before.count) axes do not fit a tensor of shape \(shape)",
        remedy: "give a pair for each of the \(dimensions.count) axes")
    }
    let padded = dimensions.indices.map { axis in
      dimensions[axis].map { [$0, before[axis], after[axis]].saturatingSum }
    }
    try requireValidShape(padded.map { $0 ?? 0 })
    return [TensorType(operands[0].dtype, PartialShape(padded))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [
      upstream[0]?.stridedSlice(
        begin: before, end: after.map { $0 == 0 ? nil : 0 - $0 })
    ]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    let region = SliceRegion(
      start: before, sizes: shape, strides: Array(repeating: 1, count: shape.count))
    return PlacementKernel(
      name: Self.name, region: region, shape: context.resultShape(), fill: value.value,
      dtype: context.dtype(0))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    context.shape(0) == context.resultShape() ? .view(operand: 0, byteOffset: 0) : .none
  }
}

extension Tensor {
  /// This tensor surrounded with `value`.
  ///
  /// - Parameters:
  ///   - paddings: for each axis how many elements go before and after.
  ///   - value: what they are, converted to the dtype of this tensor.
  public func padded(
    _ paddings: [(Int, Int)], value: Double = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let op = Pad(before: paddings.map(\.0), after: paddings.map(\.1), value: BitPattern(value))
    return graph.insert(op, self, file: file, line: line)
  }
}
