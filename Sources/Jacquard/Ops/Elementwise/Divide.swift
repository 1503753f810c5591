struct Divide: ElementwiseOp {
  static let domain = ElementDomain(
    "a floating-point dtype",
    remedy: "divide whole numbers with floorDivide(_:_:), or cast both operands with .cast(to:)"
  ) { $0.isFloatingPoint }
  static let operandCount = 2
  var instruction: VectorInstruction { .divide }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    let y = call.operands[1]
    return [dy / y, -dy * (call.result / y)]
  }
}

extension Tensor {
  /// The quotient of `a` and `b`, element by element.
  ///
  /// Whole numbers are divided by `floorDivide`.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.graph.insert(Divide(), a, b) }

  /// The quotient of each element of `a` and a number.
  public static func / (a: Tensor, b: Double) -> Tensor { a / a.scalar(b, for: Divide.self) }

  /// The quotient of a number and each element of `b`.
  public static func / (a: Double, b: Tensor) -> Tensor { b.scalar(a, for: Divide.self) / b }
}
