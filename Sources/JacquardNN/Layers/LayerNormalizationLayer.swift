import Jacquard
import JacquardArrays

/// Normalises each example by the mean and variance of its last axis (Ba and others 2016).
///
/// ```
/// y = (x − mean) / √(variance + epsilon) · gamma + beta
/// ```
///
/// Weights, each `[size]`: `layer_normalization/gamma` and `…/beta`.
public final class LayerNormalization: Layer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// Added to variances.
  public let epsilon: Double
  /// Whether beta is added.
  public let center: Bool
  /// Whether the result is multiplied by gamma.
  public let scale: Bool

  /// A layer that normalises the last axis.
  ///
  /// - Parameters:
  ///   - epsilon: added to variances.
  ///   - center: whether beta is added.
  ///   - scale: whether the result is multiplied by gamma.
  ///   - name: the name of its scope.
  public init(
    epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true,
    name: String = "layer_normalization"
  ) {
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// `x`, `[batch, …, size]`, normalised.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let operands = LayerOperands(self, x)
    guard operands.isFloating(ranks: 2...Int.max, layout: "[batch, …, size]"),
      let size = x.shape[-1]
    else { return operands.invalid(x.shape) }
    func weight(_ key: String, _ initializer: Initializer) -> Variable {
      weights.weight(key, [size], dtype: x.dtype, initializer: initializer, in: x.graph)
    }
    let gamma = scale ? weight("gamma", .ones) : nil
    let beta = center ? weight("beta", .zeros) : nil
    return layerNormalization(x, gamma: gamma, beta: beta, epsilon: epsilon)
  }
}
