import JacquardArrays

struct ClipByValue: ElementwiseOp {
  static let domain = ElementDomain.numeric
  static let operandCount = 3

  func lanes(_ dtypes: [DType]) -> LaneExpression {
    .apply(.maximum, .apply(.minimum, .operand(0), .operand(2)), .operand(1))
  }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    let (x, lower, upper) = (call.operands[0], call.operands[1], call.operands[2])
    let (isBelow, isAbove) = (x .< lower, x .> upper)
    return [
      select(isBelow .| isAbove, 0, dy), select(isBelow, dy, 0), select(isAbove, dy, 0),
    ]
  }
}

extension Tensor {
  /// Each element, or the nearer bound where it lies outside `range`. The gradient passes where the
  /// element is inside.
  public func clipped(
    to range: ClosedRange<Double>, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      clipped(
        from: scalar(range.lowerBound, for: ClipByValue.self),
        to: scalar(range.upperBound, for: ClipByValue.self))
    }
  }

  /// Each element, or the nearer bound where it lies outside. Where the bounds cross, the lower one
  /// wins.
  public func clipped(
    from lower: Tensor, to upper: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(ClipByValue(), self, lower, upper, file: file, line: line)
  }
}
