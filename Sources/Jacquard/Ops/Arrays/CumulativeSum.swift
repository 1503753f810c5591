import JacquardArrays

/// The sums of the elements up to each along an axis.
struct CumulativeSum: Op {
  var axis: Int
  var exclusive: Bool
  var reverse: Bool

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try operands.requireDType(in: .numeric)
    _ = try operands[0].shape.checkedAxis(axis)
    return [operands[0]]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.cumulativeSum(axis: axis, exclusive: exclusive, reverse: !reverse)]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let layout = RunningLayout(
      context.shape(0), axis: axis, exclusive: exclusive, reverse: reverse)
    return RunningKernel(name: Self.name, .sum, layout, dtype: context.dtype(0))
  }
}

extension Tensor {
  /// The sums of the elements up to each along `axis`.
  ///
  /// - Parameters:
  ///   - axis: the axis to sum along, negative if counted from the end.
  ///   - exclusive: whether an element's own value is left out of its sum.
  ///   - reverse: whether to sum from the end.
  public func cumulativeSum(
    axis: Int, exclusive: Bool = false, reverse: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      CumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse), self, file: file,
      line: line)
  }
}
