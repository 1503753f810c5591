import JacquardArrays

struct Power: ElementwiseOp {
  static let domain = ElementDomain.signed
  static let operandCount = 2
  var instruction: VectorInstruction { .power }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    let (x, y) = (call.operands[0], call.operands[1])
    // Both guards keep an infinity from becoming 0 · ∞: x⁰ has slope 0 everywhere, log counts from
    // above 0 only.
    let slope = y * pow(x, select(y .== 0, 0, y - 1))
    let isPositive = x .> 0
    let logarithm = select(isPositive, log(select(isPositive, x, 1)), 0)
    return [dy * slope, dy * call.result * logarithm]
  }

  func canFail(_ dtypes: [DType]) -> Bool { dtypes[0].isInteger }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    try lowerChecked(context, .exponent)
  }
}

/// `a` to the power `b`, element by element.
///
/// A run fails where a whole number has a negative exponent. The gradient with respect to `b` is 0
/// where `a` is not positive.
public func pow(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(Power(), a, b, file: file, line: line)
}

/// Each element of `a` to the power `b`.
public func pow(
  _ a: Tensor, _ b: Double, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) { pow(a, a.scalar(b, for: Power.self)) }
}
