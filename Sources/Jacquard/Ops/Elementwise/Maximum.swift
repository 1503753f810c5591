struct Maximum: ElementwiseOp {
  static let domain = ElementDomain.numeric
  static let operandCount = 2
  var instruction: VectorInstruction { .maximum }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    let isFirst = call.operands[0] .>= call.operands[1]
    return [select(isFirst, dy, 0), select(isFirst, 0, dy)]
  }
}

/// The larger of `a` and `b`, element by element; NaN where either is. Where they are equal, the
/// gradient is that of `a`.
public func maximum(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(Maximum(), a, b, file: file, line: line)
}

/// The larger of each element of `a` and a number.
public func maximum(
  _ a: Tensor, _ b: Double, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) { maximum(a, a.scalar(b, for: Maximum.self)) }
}
