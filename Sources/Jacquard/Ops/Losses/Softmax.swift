import JacquardArrays

/// The softmax along one axis.
///
/// A primitive, not a composite of max, subtract, exp, sum and divide: one pass over rows that stay in the cache does what
/// would be five, and infinite logits come out right.
struct Softmax: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    [try Self.type(operands, axis: axis)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    let y = call.result
    return [(dy - (dy * y).sum(along: [axis], keepingDimensions: true)) * y]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    Self.kernel(context, axis: axis, name: Self.name, isLogarithm: false)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [0]) }

  /// The type rule that softmax shares with its logarithm.
  static func type(_ operands: TypeRuleInput, axis: Int) throws -> TensorType {
    try operands.requireCount(1)
    guard operands[0].dtype.isFloatingPoint else {
      throw TypeRuleError(
        "takes a floating-point dtype, not \(operands[0].dtype)",
        remedy: "cast the logits with .cast(to:)")
    }
    if let rank = operands[0].shape.rank, operands[0].shape.normalized(axis: axis) == nil {
      throw TypeRuleError(
        "\(operands[0]) has no axis \(axis)",
        remedy: rank == 0
          ? "give logits of rank 1 or more" : "choose an axis from \(-rank) to \(rank - 1)")
    }
    return operands[0]
  }

  static func kernel(_ context: LoweringContext, axis: Int, name: String, isLogarithm: Bool)
    -> any Kernel
  {
    let shape = context.shape(0)
    let axis = shape.normalized(axis: axis)
    return SoftmaxKernel(
      name: name, isLogarithm: isLogarithm, dtype: context.dtype(0), shape: shape, axis: axis)
  }
}

/// Probabilities in proportion to the exponentials of `logits`; they add up to 1 along `axis`.
///
/// Logits of any size are safe. A class whose logit is -∞ gets probability 0.
public func softmax(
  _ logits: Tensor, axis: Int = -1, name: String? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  logits.graph.insert(Softmax(axis: axis), logits, name: name, file: file, line: line)
}
