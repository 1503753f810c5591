/// Results that were computed by ordinary operations, with a gradient of the user's own.
///
/// Operands: those to be differentiated, then the values that the forward closure made of them. Results: these values. The
/// rule stands in for the gradient of all operations between the two.
struct CustomGradient: Op {
  typealias Rule =
    @Sendable (_ operands: [Tensor], _ results: [Tensor], _ upstream: [Tensor?]) ->
    [Tensor?]

  var operandCount: Int
  var rule: ClosureBox<Rule>

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    Array(operands.types.dropFirst(operandCount))
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?] {
    let operands = Array(call.operands.prefix(operandCount))
    let gradients = rule.function(operands, call.results, upstream)
    guard gradients.count == operandCount else {
      throw NoGradient(
        "its backward closure returns \(gradients.count) gradients for \(operandCount) operands",
        remedy: "return one for each operand, nil where there is none")
    }
    for (index, (gradient, operand)) in zip(gradients, operands).enumerated() {
      guard let gradient else { continue }
      guard gradient.dtype == operand.dtype, gradient.shape.isCompatible(with: operand.shape) else {
        throw NoGradient(
          "its backward closure returns \(gradient.type) as the gradient of operand \(index), \(operand.type)",
          remedy:
            "return the operand's type, for example with broadcast(toShapeOf:) or summed(toShapeOf:)"
        )
      }
    }
    return gradients + call.results.map { _ in nil }
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    CustomGradientKernel(
      operandCount: operandCount, byteCounts: context.results.map { $0.byteCount ?? 0 })
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    context.results.count == 1 ? .view(operand: operandCount, byteOffset: 0) : .none
  }

  var attributeDescription: String { "" }
}

/// Copies the computed values; only for more than one of them, a single one is a view.
struct CustomGradientKernel: Kernel {
  let operandCount: Int
  let byteCounts: [Int]

  var kind: KernelKind { .copy }
  var chunkCount: Int { byteCounts.count }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    buffers.result(chunk).copyMemory(
      from: buffers.operand(operandCount + chunk), byteCount: byteCounts[chunk])
  }
}

/// What `forward` makes of `operands`, differentiated by `backward` instead of by the operations in `forward`.
///
///     let y = customGradient([x]) { x in [round(x[0])] } backward: { _, _, dy in dy }  // straight through
///
/// Gradients of gradients differentiate what `backward` builds. A graph with a custom gradient cannot be saved.
///
/// - Parameters:
///   - operands: the tensors that receive gradients; what `forward` uses besides is taken as constant.
///   - forward: builds the results.
///   - backward: builds the gradients with respect to the operands, `nil` for none, from the operands, the results, and the
///     gradients with respect to the results, `nil` where a result does not matter.
public func customGradient(
  _ operands: [Tensor], name: String? = nil, forward: ([Tensor]) -> [Tensor],
  backward:
    @escaping @Sendable (
      _ operands: [Tensor], _ results: [Tensor], _ upstream: [Tensor?]
    ) -> [Tensor?],
  file: StaticString = #fileID, line: UInt = #line
) -> [Tensor] {
  withSourceLocation(file, line) {
    let values = forward(operands)
    guard let graph = values.first?.graph else { return [] }
    let op = CustomGradient(operandCount: operands.count, rule: ClosureBox(backward))
    return graph.insert(op, operands + values, name: name, resultCount: values.count).results
  }
}

/// What `forward` makes of `x`, differentiated by `backward` instead of by the operations in `forward`.
///
/// - Parameters:
///   - x: the tensor that receives gradients.
///   - forward: builds the result from `x`.
///   - backward: builds the gradient with respect to `x` from `x`, the result, and the gradient with respect to the result.
public func customGradient(
  _ x: Tensor, name: String? = nil, forward: (Tensor) -> Tensor,
  backward: @escaping @Sendable (_ x: Tensor, _ result: Tensor, _ upstream: Tensor) -> Tensor,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  customGradient(
    [x], name: name, forward: { [forward($0[0])] },
    backward: { operands, results, upstream in
      [upstream[0].map { backward(operands[0], results[0], $0) }]
    }, file: file, line: line)[0]
}
