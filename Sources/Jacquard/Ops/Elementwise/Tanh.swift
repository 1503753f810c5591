struct Tanh: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .tanh }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [call.graph.insert(TanhGradient(), call.result, dy)]
  }
}

/// The gradient of `tanh`, from its result `y` and the gradient `dy` of that.
struct TanhGradient: ElementwiseOp {
  static let domain = ElementDomain.floating
  static let operandCount = 2
  var instruction: VectorInstruction { .tanhGradient }

  func gradient(_ call: Call, _ dz: Tensor) -> [Tensor?] {
    let (y, dy) = (call.operands[0], call.operands[1])
    return [-2 * y * dy * dz, call.graph.insert(TanhGradient(), y, dz)]
  }
}

/// The hyperbolic tangent of each element of `x`.
public func tanh(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Tanh(), x, file: file, line: line)
}
