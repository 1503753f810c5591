struct ReciprocalSquareRoot: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .reciprocalSquareRoot }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [-0.5 * dy * call.result * square(call.result)]
  }
}

/// One over the square root of each element of `x`.
public func rsqrt(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(ReciprocalSquareRoot(), x, file: file, line: line)
}
