struct GreaterOrEqual: ComparisonOp {
  static let domain = ElementDomain.numeric
  var instruction: VectorInstruction { .greaterOrEqual }
}

/// Whether each element of `a` is at least that of `b`, as `bool`.
public func greaterOrEqual(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(GreaterOrEqual(), a, b, file: file, line: line)
}

extension Tensor {
  /// Whether each element of `a` is at least that of `b`, as `bool`.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(GreaterOrEqual(), a, b) }

  /// Whether each element of `a` is at least a number, as `bool`.
  public static func .>= (a: Tensor, b: Double) -> Tensor {
    a .>= a.scalar(b, for: GreaterOrEqual.self)
  }

  /// Whether a number is at least each element of `b`, as `bool`.
  public static func .>= (a: Double, b: Tensor) -> Tensor {
    b.scalar(a, for: GreaterOrEqual.self) .>= b
  }
}
