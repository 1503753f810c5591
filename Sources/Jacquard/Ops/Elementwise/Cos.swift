struct Cos: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .cos }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [-dy * sin(call.operands[0])] }
}

/// The cosine of each element of `x`, in radians.
public func cos(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Cos(), x, file: file, line: line)
}
