import JacquardArrays

/// Elements of one tensor from where the maxima of another are: the adjoint of the gradient of max pooling.
///
/// Operands: what is pooled, and a tensor of its shape.
struct MaxPoolingSelection: Op {
  var size: [Int]
  var placement: WindowPlacement

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let dtype = try operands.requireSameDType()
    let shape = try placement.pooling(of: operands[0], size: size)
    guard operands[0].shape.isCompatible(with: operands[1].shape) else {
      throw TypeRuleError(
        "elements of a tensor of shape \(operands[1].shape) where one of shape \(operands[0].shape) is greatest",
        remedy: "give tensors of one shape")
    }
    return [TensorType(dtype, shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let gradient = MaxPoolingGradient(size: size, placement: placement)
    return [nil, upstream[0].map { call.graph.insert(gradient, call.operands[0], $0) }]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    MaximaKernel(
      try WindowGeometry(context.shape(0), window: size, placement), dtype: context.dtype(0),
      isScatter: false)
  }

  var attributeDescription: String { "size: \(size), \(placement.description)" }
}
