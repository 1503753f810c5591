struct Subtract: ElementwiseOp {
  static let domain = ElementDomain.numeric
  static let operandCount = 2
  var instruction: VectorInstruction { .subtract }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy, -dy] }
}

extension Tensor {
  /// The difference of `a` and `b`, element by element.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(Subtract(), a, b) }

  /// The difference of each element of `a` and a number.
  public static func - (a: Tensor, b: Double) -> Tensor { a - a.scalar(b, for: Subtract.self) }

  /// The difference of a number and each element of `b`.
  public static func - (a: Double, b: Tensor) -> Tensor { b.scalar(a, for: Subtract.self) - b }
}
