struct SquareRoot: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .squareRoot }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy * 0.5 / call.result] }
}

/// The square root of each element of `x`; NaN where it is negative.
public func sqrt(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(SquareRoot(), x, file: file, line: line)
}
