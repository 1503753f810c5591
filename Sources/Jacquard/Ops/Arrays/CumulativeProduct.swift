import JacquardArrays

/// The products of the elements up to each along an axis.
struct CumulativeProduct: Op {
  var axis: Int
  var exclusive: Bool
  var reverse: Bool

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try operands.requireDType(in: .numeric)
    _ = try operands[0].shape.checkedAxis(axis)
    return [operands[0]]
  }

  /// For element k the product before it times Σ dyᵢ·(the product between k and i), i from k on: a recurrence, and no division,
  /// so that zeros are no exception.
  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    let x = call.operands[0]
    let before = x.cumulativeProduct(axis: axis, exclusive: true, reverse: reverse)
    if exclusive {
      let after = linearRecurrence(
        coefficients: x, values: dy, axis: axis, exclusive: true, reverse: !reverse)
      return [before * after]
    }
    let after = linearRecurrence(
      coefficients: x, values: x * dy, axis: axis, exclusive: true, reverse: !reverse)
    return [before * (dy + after)]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let layout = RunningLayout(
      context.shape(0), axis: axis, exclusive: exclusive, reverse: reverse)
    return RunningKernel(name: Self.name, .product, layout, dtype: context.dtype(0))
  }
}

extension Tensor {
  /// The products of the elements up to each along `axis`.
  ///
  /// - Parameters:
  ///   - axis: the axis to multiply along, negative if counted from the end.
  ///   - exclusive: whether an element's own value is left out of its product.
  ///   - reverse: whether to multiply from the end.
  public func cumulativeProduct(
    axis: Int, exclusive: Bool = false, reverse: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      CumulativeProduct(axis: axis, exclusive: exclusive, reverse: reverse), self, file: file,
      line: line)
  }
}
