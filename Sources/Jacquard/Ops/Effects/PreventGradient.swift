/// Its operand, which must not be differentiated.
struct PreventGradient: Op {
  var reason: String

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return operands.types
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?] {
    throw NoGradient(reason)
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }

  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
}

/// `x` itself; a gradient through it is a diagnostic that gives `reason`.
///
/// - Parameters:
///   - x: the tensor.
///   - reason: completes the sentence "'x' stands on the path to be differentiated, but …".
public func preventGradient(
  _ x: Tensor, reason: String, name: String? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  x.graph.insert(PreventGradient(reason: reason), x, name: name, file: file, line: line)
}
