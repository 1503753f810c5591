struct Erf: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .erf }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    let slopeAtZero = 2 / Double.pi.squareRoot()
    return [slopeAtZero * dy * exp(-square(call.operands[0]))]
  }
}

/// The error function of each element of `x`.
public func erf(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Erf(), x, file: file, line: line)
}
