import JacquardArrays

/// The gradient of average pooling: what each place receives, spread evenly over what is under it.
///
/// Operands: the gradient of the result, and what is pooled, of which only the shape matters.
struct AveragePoolingGradient: Op {
  var size: [Int]
  var placement: WindowPlacement

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let dtype = try operands.requireSameDType()
    try placement.requireGradient(
      operands[0], ofResult: placement.pooling(of: operands[1], size: size))
    return [TensorType(dtype, operands[1].shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let pooling = AveragePooling(size: size, placement: placement)
    return [upstream[0].map { call.graph.insert(pooling, $0) }, nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    AveragePoolingKernel(
      try WindowGeometry(context.shape(1), window: size, placement), dtype: context.dtype(0),
      isGradient: true)
  }

  func usesElements(ofOperand index: Int) -> Bool { index == 0 }

  var attributeDescription: String { "size: \(size), \(placement.description)" }
}
