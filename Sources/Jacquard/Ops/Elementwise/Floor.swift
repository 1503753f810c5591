struct Floor: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .floor }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [nil] }
}

/// The largest whole number not above each element of `x`. Has no gradient: it is flat but for its
/// steps.
public func floor(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Floor(), x, file: file, line: line)
}
