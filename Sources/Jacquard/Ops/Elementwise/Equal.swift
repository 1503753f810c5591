struct Equal: ComparisonOp {
  static let domain = ElementDomain.any
  var instruction: VectorInstruction { .equal }
}

/// Whether each element of `a` equals that of `b`, as `bool`.
public func equal(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(Equal(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether each element of `a` equals that of `b`, as `bool`.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(Equal(), a, b) }

  /// Whether each element of `a` equals a number, as `bool`.
  public static func .== (a: Tensor, b: Double) -> Tensor { a .== a.scalar(b, for: Equal.self) }

  /// Whether a number equals each element of `b`, as `bool`.
  public static func .== (a: Double, b: Tensor) -> Tensor { b.scalar(a, for: Equal.self) .== b }
}
