struct Log: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .log }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy / call.operands[0]] }
}

/// The natural logarithm of each element of `x`.
public func log(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Log(), x, file: file, line: line)
}
