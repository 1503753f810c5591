struct Abs: ElementwiseOp {
  static let domain = ElementDomain.numeric
  var instruction: VectorInstruction { .abs }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy * sign(call.operands[0])] }
}

/// The magnitude of each element of `x`.
public func abs(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Abs(), x, file: file, line: line)
}
