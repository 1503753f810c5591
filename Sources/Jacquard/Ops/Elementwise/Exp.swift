struct Exp: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .exp }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy * call.result] }
}

/// The exponential of each element of `x`.
public func exp(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Exp(), x, file: file, line: line)
}
