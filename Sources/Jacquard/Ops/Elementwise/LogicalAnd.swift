struct LogicalAnd: ComparisonOp {
  static let domain = ElementDomain.boolean
  var instruction: VectorInstruction { .and }
}

/// Whether both of each pair of elements of `a` and `b` hold; both are `bool`.
public func logicalAnd(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(LogicalAnd(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether both of each pair of elements hold; both operands are `bool`.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(LogicalAnd(), a, b) }
}
