import JacquardArrays

struct FloorDivide: ElementwiseOp {
  static let domain = ElementDomain.numeric
  static let operandCount = 2
  var instruction: VectorInstruction { .floorDivide }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [nil, nil] }

  func canFail(_ dtypes: [DType]) -> Bool { dtypes[0].isInteger }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    try lowerChecked(context, .divisor)
  }
}

/// The largest whole number not above the quotient of `a` and `b`, element by element.
///
/// A run fails where whole numbers are divided by zero. Has no gradient: it is flat but for its
/// steps.
public func floorDivide(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(FloorDivide(), a, b, file: file, line: line)
}

/// The largest whole number not above the quotient of each element of `a` and a number.
public func floorDivide(
  _ a: Tensor, _ b: Double, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) { floorDivide(a, a.scalar(b, for: FloorDivide.self)) }
}
