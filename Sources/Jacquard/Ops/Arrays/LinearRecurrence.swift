import JacquardArrays

/// sₖ = aₖ·sₖ₋₁ + bₖ along an axis, from s₋₁ = 0; the operands are a and b.
struct LinearRecurrence: Op {
  var axis: Int
  var exclusive: Bool
  var reverse: Bool

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    _ = try operands.requireSameDType()
    try operands.requireDType(in: .numeric)
    guard let shape = operands[0].shape.merged(with: operands[1].shape) else {
      throw TypeRuleError(
        "coefficients of shape \(operands[0].shape) and values of shape \(operands[1].shape)",
        remedy: "give both the same shape, for example with .broadcast(toShapeOf:)")
    }
    _ = try shape.checkedAxis(axis)
    return [TensorType(operands[0].dtype, shape)]
  }

  /// The gradient with respect to the values is the recurrence run the other way, its coefficients one place on.
  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil, nil] }
    let (a, b) = (call.operands[0], call.operands[1])
    let db =
      if exclusive {
        linearRecurrence(
          coefficients: a, values: dy, axis: axis, exclusive: true, reverse: !reverse)
      } else {
        dy
          + linearRecurrence(
            coefficients: a, values: a * dy, axis: axis, exclusive: true, reverse: !reverse)
      }
    let previous = linearRecurrence(
      coefficients: a, values: b, axis: axis, exclusive: true, reverse: reverse)
    return [db * previous, db]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let layout = RunningLayout(
      context.shape(0), axis: axis, exclusive: exclusive, reverse: reverse)
    return RunningKernel(name: Self.name, .recurrence, layout, dtype: context.dtype(0))
  }
}

/// sₖ = aₖ·sₖ₋₁ + bₖ along `axis`, from s₋₁ = 0: decaying sums, discounted returns.
///
/// - Parameters:
///   - coefficients: a, shaped like `values`.
///   - values: b.
///   - axis: the axis to run along, negative if counted from the end.
///   - exclusive: whether place k holds sₖ₋₁ in place of sₖ.
///   - reverse: whether to run from the end.
public func linearRecurrence(
  coefficients: Tensor, values: Tensor, axis: Int, exclusive: Bool = false, reverse: Bool = false,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  values.graph.insert(
    LinearRecurrence(axis: axis, exclusive: exclusive, reverse: reverse), coefficients, values,
    file: file, line: line)
}
