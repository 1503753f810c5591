struct Less: ComparisonOp {
  static let domain = ElementDomain.numeric
  var instruction: VectorInstruction { .less }
}

/// Whether each element of `a` is less than that of `b`, as `bool`.
public func less(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(Less(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether each element of `a` is less than that of `b`, as `bool`.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(Less(), a, b) }

  /// Whether each element of `a` is less than a number, as `bool`.
  public static func .< (a: Tensor, b: Double) -> Tensor { a .< a.scalar(b, for: Less.self) }

  /// Whether a number is less than each element of `b`, as `bool`.
  public static func .< (a: Double, b: Tensor) -> Tensor { b.scalar(a, for: Less.self) .< b }
}
