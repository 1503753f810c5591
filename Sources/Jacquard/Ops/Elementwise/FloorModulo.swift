import JacquardArrays

struct FloorModulo: ElementwiseOp {
  static let domain = ElementDomain.numeric
  static let operandCount = 2
  var instruction: VectorInstruction { .floorModulo }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [dy, -dy * floorDivide(call.operands[0], call.operands[1])]
  }

  func canFail(_ dtypes: [DType]) -> Bool { dtypes[0].isInteger }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    try lowerChecked(context, .divisor)
  }
}

/// What `floorDivide(a, b)` leaves: `a - b * floorDivide(a, b)`, with the sign of `b`.
///
/// A run fails where whole numbers are divided by zero.
public func floorModulo(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(FloorModulo(), a, b, file: file, line: line)
}

/// What `floorDivide(a, b)` leaves of each element of `a`, with the sign of `b`.
public func floorModulo(
  _ a: Tensor, _ b: Double, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) { floorModulo(a, a.scalar(b, for: FloorModulo.self)) }
}
