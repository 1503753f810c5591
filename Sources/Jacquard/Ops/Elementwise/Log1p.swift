struct Log1p: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .log1p }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy / (1 + call.operands[0])] }
}

/// The natural logarithm of one more than each element of `x`, exact near 0.
public func log1p(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Log1p(), x, file: file, line: line)
}
