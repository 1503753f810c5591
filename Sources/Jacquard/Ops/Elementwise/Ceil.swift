struct Ceil: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .ceil }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [nil] }
}

/// The smallest whole number not below each element of `x`. Has no gradient: it is flat but for its
/// steps.
public func ceil(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Ceil(), x, file: file, line: line)
}
