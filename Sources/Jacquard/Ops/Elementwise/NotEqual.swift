struct NotEqual: ComparisonOp {
  static let domain = ElementDomain.any
  var instruction: VectorInstruction { .notEqual }
}

/// Whether each element of `a` differs from that of `b`, as `bool`.
public func notEqual(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(NotEqual(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether each element of `a` differs from that of `b`, as `bool`.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(NotEqual(), a, b) }

  /// Whether each element of `a` differs from a number, as `bool`.
  public static func .!= (a: Tensor, b: Double) -> Tensor { a .!= a.scalar(b, for: NotEqual.self) }

  /// Whether a number differs from each element of `b`, as `bool`.
  public static func .!= (a: Double, b: Tensor) -> Tensor { b.scalar(a, for: NotEqual.self) .!= b }
}
