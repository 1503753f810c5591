import JacquardArrays

/// The logarithm of the softmax along one axis; finite where the probability itself is too small for its dtype.
struct LogSoftmax: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    [try Softmax.type(operands, axis: axis)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    let probabilities = exp(call.result)
    return [dy - probabilities * dy.sum(along: [axis], keepingDimensions: true)]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    Softmax.kernel(context, axis: axis, name: Self.name, isLogarithm: true)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [0]) }
}

/// The logarithm of `softmax(logits, axis: axis)`, computed without the loss of digits that taking it afterwards would bring.
public func logSoftmax(
  _ logits: Tensor, axis: Int = -1, name: String? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  logits.graph.insert(LogSoftmax(axis: axis), logits, name: name, file: file, line: line)
}
