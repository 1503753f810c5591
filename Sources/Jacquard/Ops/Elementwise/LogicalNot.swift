struct LogicalNot: ElementwiseOp {
  static let domain = ElementDomain.boolean
  var instruction: VectorInstruction { .not }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [nil] }
}

/// Whether each element of `x`, which is `bool`, does not hold.
public func logicalNot(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(LogicalNot(), x, file: file, line: line)
}

extension Tensor {
  /// Whether each element of `x`, which is `bool`, does not hold.
  public static prefix func .! (x: Tensor) -> Tensor { x.graph.insert(LogicalNot(), x) }
}
