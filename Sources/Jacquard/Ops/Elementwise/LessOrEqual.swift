struct LessOrEqual: ComparisonOp {
  static let domain = ElementDomain.numeric
  var instruction: VectorInstruction { .lessOrEqual }
}

/// Whether each element of `a` is at most that of `b`, as `bool`.
public func lessOrEqual(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(LessOrEqual(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether each element of `a` is at most that of `b`, as `bool`.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(LessOrEqual(), a, b) }

  /// Whether each element of `a` is at most a number, as `bool`.
  public static func .<= (a: Tensor, b: Double) -> Tensor {
    a .<= a.scalar(b, for: LessOrEqual.self)
  }

  /// Whether a number is at most each element of `b`, as `bool`.
  public static func .<= (a: Double, b: Tensor) -> Tensor {
    b.scalar(a, for: LessOrEqual.self) .<= b
  }
}
