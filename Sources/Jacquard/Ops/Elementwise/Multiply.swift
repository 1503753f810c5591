struct Multiply: ElementwiseOp {
  static let domain = ElementDomain.numeric
  static let operandCount = 2
  var instruction: VectorInstruction { .multiply }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [dy * call.operands[1], dy * call.operands[0]]
  }
}

extension Tensor {
  /// The product of `a` and `b`, element by element.
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(Multiply(), a, b) }

  /// The product of each element of `a` and a number.
  public static func * (a: Tensor, b: Double) -> Tensor { a * a.scalar(b, for: Multiply.self) }

  /// The product of a number and each element of `b`.
  public static func * (a: Double, b: Tensor) -> Tensor { b.scalar(a, for: Multiply.self) * b }
}
