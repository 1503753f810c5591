import Jacquard

/// A linear map with bias before or after a cell, and an activation.
struct LinearMap: Sendable {
  /// The number of elements it maps to.
  let size: Int
  let activation: (@Sendable (Tensor) -> Tensor)?
  private let weights = CellWeights<KernelAndBias>()

  init(size: Int, activation: (@Sendable (Tensor) -> Tensor)?) {
    self.size = size
    self.activation = activation
  }

  /// What `x`, `[batch, …]`, is mapped to, `[batch, size]`, with variables `kernel` and `bias` in the variable scope around.
  ///
  /// - Parameters:
  ///   - what: what the elements are that it maps to.
  ///   - op: the name of the wrapper, for diagnostics.
  func callAsFunction(_ x: Tensor, to what: String, op: String) -> Tensor {
    let operands = CellOperands(cell: op, inputs: x, counts: [(size, what)])
    let weights = weights.variables(for: operands) { variable in
      KernelAndBias(
        kernel: variable("kernel", [variable.inputSize, size]),
        bias: variable("bias", [size], .zeros))
    }
    guard let weights else {
      return x.graph.invalid(TensorType(x.dtype, [x.shape[0], size]))
    }
    let mapped = weights(x)
    return activation?(mapped) ?? mapped
  }
}
