struct LogicalXor: ComparisonOp {
  static let domain = ElementDomain.boolean
  var instruction: VectorInstruction { .xor }
}

/// Whether exactly one of each pair of elements of `a` and `b` holds; both are `bool`.
public func logicalXor(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(LogicalXor(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether exactly one of each pair of elements holds; both operands are `bool`.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(LogicalXor(), a, b) }
}
