struct Greater: ComparisonOp {
  static let domain = ElementDomain.numeric
  var instruction: VectorInstruction { .greater }
}

/// Whether each element of `a` is greater than that of `b`, as `bool`.
public func greater(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(Greater(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether each element of `a` is greater than that of `b`, as `bool`.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(Greater(), a, b) }

  /// Whether each element of `a` is greater than a number, as `bool`.
  public static func .> (a: Tensor, b: Double) -> Tensor { a .> a.scalar(b, for: Greater.self) }

  /// Whether a number is greater than each element of `b`, as `bool`.
  public static func .> (a: Double, b: Tensor) -> Tensor { b.scalar(a, for: Greater.self) .> b }
}
