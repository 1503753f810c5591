import JacquardArrays

/// The rows of its operand, each as a vector.
struct Flatten: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let type = operands[0]
    guard let dimensions = type.shape.dimensions else {
      return [TensorType(type.dtype, [nil, nil])]
    }
    guard let first = dimensions.first else {
      throw TypeRuleError("a scalar has no rows", remedy: "give it a tensor of shape [batch, …]")
    }
    try requireValidShape(dimensions.map { $0 ?? 0 })
    let row = PartialShape(Array(dimensions.dropFirst()))
    return [TensorType(type.dtype, [first, row.elementCount])]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.reshaped(like: call.operands[0])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }
  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
}

extension Tensor {
  /// The rows of this tensor, each as a vector: `[batch, …]` to `[batch, n]`; any dimension may be open.
  public func flattened(
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Flatten(), self, name: name, file: file, line: line)
  }
}
