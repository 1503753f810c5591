struct LogicalOr: ComparisonOp {
  static let domain = ElementDomain.boolean
  var instruction: VectorInstruction { .or }
}

/// Whether at least one of each pair of elements of `a` and `b` holds; both are `bool`.
public func logicalOr(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(LogicalOr(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether at least one of each pair of elements holds; both operands are `bool`.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(LogicalOr(), a, b) }
}
