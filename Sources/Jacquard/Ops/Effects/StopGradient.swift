/// Its operand, taken as a constant by gradients.
struct StopGradient: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return operands.types
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }

  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
}

/// `x` itself; gradients take it as a constant, so nothing flows back beyond it.
public func stopGradient(
  _ x: Tensor, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  x.graph.insert(StopGradient(), x, name: name, file: file, line: line)
}
