struct Sin: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .sin }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy * cos(call.operands[0])] }
}

/// The sine of each element of `x`, in radians.
public func sin(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Sin(), x, file: file, line: line)
}
