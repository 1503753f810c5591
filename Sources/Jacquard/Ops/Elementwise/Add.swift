struct Add: ElementwiseOp {
  static let domain = ElementDomain.numeric
  static let operandCount = 2
  var instruction: VectorInstruction { .add }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [dy, dy] }
}

extension Tensor {
  /// The sum of `a` and `b`, element by element.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(Add(), a, b) }

  /// The sum of each element of `a` and a number.
  public static func + (a: Tensor, b: Double) -> Tensor { a + a.scalar(b, for: Add.self) }

  /// The sum of a number and each element of `b`.
  public static func + (a: Double, b: Tensor) -> Tensor { b.scalar(a, for: Add.self) + b }
}
