struct Square: ElementwiseOp {
  static let domain = ElementDomain.numeric
  var instruction: VectorInstruction { .square }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy * (2 * call.operands[0])] }
}

/// Each element of `x` times itself.
public func square(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Square(), x, file: file, line: line)
}
