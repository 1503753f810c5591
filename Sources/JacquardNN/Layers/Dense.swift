import Jacquard
import JacquardArrays

/// A fully connected layer: activation(x · kernel + bias).
///
/// Weights: `dense/kernel`, `[inputs, units]`, and `dense/bias`, `[units]`.
public final class Dense: Layer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// The number of units.
  public let units: Int
  /// What is applied to the result.
  public let activation: ActivationFunction
  /// Whether it has a bias.
  public let useBias: Bool

  private let kernelInitializer: Initializer
  private let biasInitializer: Initializer

  /// A fully connected layer.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - activation: what is applied to the result.
  ///   - useBias: whether a bias is added.
  ///   - kernelInitializer: of the kernel.
  ///   - biasInitializer: of the bias.
  ///   - name: the name of its scope.
  public init(
    _ units: Int, activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    name: String = "dense"
  ) {
    self.units = units
    self.activation = activation
    self.useBias = useBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, …, inputs]` to `[batch, …, units]`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let operands = LayerOperands(self, x)
    guard operands.hasPositive(units, "units"),
      operands.isFloating(ranks: 2...Int.max, layout: "[batch, …, inputs]"),
      let inputs = x.shape[-1]
    else { return operands.invalid() }
    let kernel = weights.weight(
      "kernel", [inputs, units], dtype: x.dtype, initializer: kernelInitializer, in: x.graph)
    let product = matmul(x, kernel)
    guard useBias else { return activation(product) }
    let bias = weights.weight(
      "bias", [units], dtype: x.dtype, initializer: biasInitializer, in: x.graph)
    return activation(product + bias)
  }
}
