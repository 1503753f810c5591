struct Elu: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .elu }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [call.graph.insert(EluGradient(), call.result, dy)]
  }
}

/// The gradient of `elu`, from its result `y` and the gradient `dy` of that.
struct EluGradient: ElementwiseOp {
  static let domain = ElementDomain.floating
  static let operandCount = 2
  var instruction: VectorInstruction { .eluGradient }

  func gradient(_ call: Call, _ dz: Tensor) -> [Tensor?] {
    let (y, dy) = (call.operands[0], call.operands[1])
    return [select(y .> 0, 0, dy * dz), call.graph.insert(EluGradient(), y, dz)]
  }
}

/// Each element of `x` where it is positive, else its exponential less 1.
public func elu(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Elu(), x, file: file, line: line)
}
