struct Sign: ElementwiseOp {
  static let domain = ElementDomain.numeric
  var instruction: VectorInstruction { .sign }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [zeros(like: call.operands[0])] }
}

/// −1, 0 or 1 for each element of `x`, as it is negative, zero or positive; NaN stays NaN.
public func sign(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Sign(), x, file: file, line: line)
}
