import JacquardArrays

/// An op that combines the elements along some axes into one.
///
/// A conforming type says how elements combine, and its gradient; the rest follows.
protocol AxisReduction: Op {
  /// How elements combine.
  static var reduction: Reduction { get }
  /// The axes that go, negative ones counted from the end; all for `nil`.
  var axes: [Int]? { get }
  /// Whether reduced axes stay, with length 1.
  var keepingDimensions: Bool { get }
}

extension AxisReduction {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try operands.requireDType(in: Self.reduction.domain)
    let shape = operands[0].shape
    guard let reduced = try shape.checkedAxes(axes), let dimensions = shape.dimensions else {
      let isScalar = axes == nil && !keepingDimensions
      return [TensorType(operands[0].dtype, isScalar ? .scalar : .unknown)]
    }
    var result: [Int?] = []
    for (axis, dimension) in dimensions.enumerated() {
      if !reduced.contains(axis) {
        result.append(dimension)
      } else if keepingDimensions {
        result.append(1)
      }
    }
    return [TensorType(operands[0].dtype, PartialShape(result))]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let axes = try context.operands[0].shape.checkedAxes(axes) ?? []
    return try makeReductionKernel(
      name: Self.name, Self.reduction, shape: context.shape(0), axes: axes, dtype: context.dtype(0))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    // Only axes of length 1 go.
    context.shape(0).reduce(1, *) == context.resultShape().reduce(1, *)
      && !context.shape(0).contains(0) ? .view(operand: 0, byteOffset: 0) : .none
  }

  /// `y`, shaped like the result, with the reduced axes put back as axes of length 1, so that it broadcasts to the operand.
  func restoringAxes(of y: Tensor) -> Tensor {
    guard !keepingDimensions, let axes, !axes.isEmpty else { return y }
    return y.expandingDimensions(atAll: axes)
  }
}
