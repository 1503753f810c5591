/// Its operand.
struct Identity: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return operands.types
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { upstream }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }

  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
}

/// `x` itself, as an operation of its own: to give it a name, or to have it wait for control dependencies. Costs nothing.
public func identity(
  _ x: Tensor, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  x.graph.insert(Identity(), x, name: name, file: file, line: line)
}
