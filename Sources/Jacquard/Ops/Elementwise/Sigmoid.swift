struct Sigmoid: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .sigmoid }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [call.graph.insert(SigmoidGradient(), call.result, dy)]
  }
}

/// The gradient of `sigmoid`, from its result `y` and the gradient `dy` of that.
struct SigmoidGradient: ElementwiseOp {
  static let domain = ElementDomain.floating
  static let operandCount = 2
  var instruction: VectorInstruction { .sigmoidGradient }

  func gradient(_ call: Call, _ dz: Tensor) -> [Tensor?] {
    let (y, dy) = (call.operands[0], call.operands[1])
    return [(1 - 2 * y) * dy * dz, call.graph.insert(SigmoidGradient(), y, dz)]
  }
}

/// `1 / (1 + exp(-x))` of each element of `x`.
public func sigmoid(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Sigmoid(), x, file: file, line: line)
}
