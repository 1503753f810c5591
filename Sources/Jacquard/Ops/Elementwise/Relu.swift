struct Relu: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .relu }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [call.graph.insert(ReluGradient(), call.result, dy)]
  }
}

/// The gradient of `relu`, from its result `y` and the gradient `dy` of that.
struct ReluGradient: ElementwiseOp {
  static let domain = ElementDomain.floating
  static let operandCount = 2
  var instruction: VectorInstruction { .reluGradient }

  func gradient(_ call: Call, _ dz: Tensor) -> [Tensor?] {
    [zeros(like: call.operands[0]), call.graph.insert(ReluGradient(), call.operands[0], dz)]
  }
}

/// Each element of `x` where it is positive, else 0.
public func relu(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Relu(), x, file: file, line: line)
}
