struct Round: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .round }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [nil] }
}

/// The whole number nearest to each element of `x`, halves to even. Has no gradient: it is flat but
/// for its steps.
public func round(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Round(), x, file: file, line: line)
}
