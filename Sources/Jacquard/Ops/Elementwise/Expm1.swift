struct Expm1: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .expm1 }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy * exp(call.operands[0])] }
}

/// The exponential of each element of `x`, less 1, exact near 0.
public func expm1(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Expm1(), x, file: file, line: line)
}
