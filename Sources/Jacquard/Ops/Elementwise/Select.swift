import JacquardArrays

struct Select: ElementwiseOp {
  static let domain = ElementDomain.any
  static let operandCount = 3
  var instruction: VectorInstruction { .select }

  func resultDType(_ dtypes: [DType]) -> DType { dtypes[1] }

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(3)
    guard operands[0].dtype == .bool else {
      throw TypeRuleError(
        "the condition is \(operands[0].dtype), not bool", remedy: ElementDomain.boolean.remedy)
    }
    try requireSameDType(Array(operands.types.dropFirst()))
    return [TensorType(operands[1].dtype, try broadcastShape(operands.types))]
  }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    let condition = call.operands[0]
    return [nil, select(condition, dy, 0), select(condition, 0, dy)]
  }
}

/// The element of `a` where `condition`, which is `bool`, holds, else that of `b`. All three
/// broadcast.
///
/// A NaN that is not chosen, or in the gradient of what is not chosen, does not matter.
public func select(
  _ condition: Tensor, _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  condition.graph.insert(Select(), condition, a, b, file: file, line: line)
}

/// The element of `a` where `condition`, which is `bool`, holds, else a number.
public func select(
  _ condition: Tensor, _ a: Tensor, _ b: Double, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) { select(condition, a, a.scalar(b, for: Select.self)) }
}

/// A number where `condition`, which is `bool`, holds, else the element of `b`.
public func select(
  _ condition: Tensor, _ a: Double, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) { select(condition, b.scalar(a, for: Select.self), b) }
}
