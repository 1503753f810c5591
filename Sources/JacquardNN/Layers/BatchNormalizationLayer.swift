import Jacquard
import JacquardArrays

/// Normalises each channel by its mean and variance (Ioffe and Szegedy 2015): over the batch in training, else by moving averages.
///
/// ```
/// y = (x − mean) / √(variance + epsilon) · gamma + beta
/// moving = momentum · moving + (1 − momentum) · that of the batch     with each training step
/// ```
///
/// Channels are the last axis. The variance is that of the batch itself, without Bessel's correction, for inputs of any rank.
///
/// Weights, each `[channels]`: `batch_normalization/gamma` and `…/beta`, which are trained, and `…/moving_mean` and
/// `…/moving_variance`, which ``Layer/updates(in:)`` change.
public final class BatchNormalization: Layer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// How much of a moving average a step keeps.
  public let momentum: Double
  /// Added to variances.
  public let epsilon: Double
  /// Whether beta is added.
  public let center: Bool
  /// Whether the result is multiplied by gamma.
  public let scale: Bool

  /// A layer that normalises channels.
  ///
  /// - Parameters:
  ///   - momentum: how much of a moving average a step keeps.
  ///   - epsilon: added to variances.
  ///   - center: whether beta is added.
  ///   - scale: whether the result is multiplied by gamma.
  ///   - name: the name of its scope.
  public init(
    momentum: Double = 0.99, epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true,
    name: String = "batch_normalization"
  ) {
    self.momentum = momentum
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    weights = LayerWeights(name: name)
  }

  /// `x`, `[batch, …, channels]`, normalised.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let operands = LayerOperands(self, x)
    guard operands.isFloating(ranks: 2...Int.max, layout: "[batch, …, channels]"),
      let rank = x.rank, let channels = x.shape[-1]
    else { return operands.invalid(x.shape) }
    func weight(_ key: String, _ initializer: Initializer, trainable: Bool = true) -> Variable {
      weights.weight(
        key, [channels], dtype: x.dtype, initializer: initializer, trainable: trainable,
        in: x.graph)
    }
    let gamma = scale ? weight("gamma", .ones) : nil
    let beta = center ? weight("beta", .zeros) : nil
    let movingMean = weight("moving_mean", .zeros, trainable: false)
    let movingVariance = weight("moving_variance", .ones, trainable: false)
    func normalized(_ mean: Tensor, _ variance: Tensor) -> Tensor {
      batchNormalization(
        x, mean: mean, variance: variance, offset: beta, scale: gamma, epsilon: epsilon)
    }
    guard training else { return normalized(movingMean, movingVariance) }
    let (mean, variance) = moments(x, along: Array(0..<rank - 1))
    for (moving, new) in [(movingMean, mean), (movingVariance, variance)] {
      weights.addUpdate(moving.assign(momentum * moving + (1 - momentum) * new))
    }
    return normalized(mean, variance)
  }
}
