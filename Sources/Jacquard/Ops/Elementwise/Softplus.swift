struct Softplus: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .softplus }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy * sigmoid(call.operands[0])] }
}

/// `log(1 + exp(x))` of each element of `x`, without overflow.
public func softplus(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Softplus(), x, file: file, line: line)
}
