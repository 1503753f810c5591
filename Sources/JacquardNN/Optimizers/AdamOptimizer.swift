import Jacquard
import JacquardArrays

/// Adam: steps by a running mean of the gradient over the root of a running mean of its square.
///
/// With gradient g, at step t (Kingma and Ba 2015, in the order of the end of their section 2, as TensorFlow 1 has it):
///
/// ```
/// m += (g − m) · (1 − beta1)
/// v += (g² − v) · (1 − beta2)
/// variable −= learningRate · √(1 − beta2ᵗ) / (1 − beta1ᵗ) · m / (√v + epsilon)
/// ```
///
/// With a sparse gradient, too, all rows move: the means decay where the gradient is 0, as in TensorFlow.
///
/// Slots: `<variable>/Adam` is m, `<variable>/Adam_1` is v; the scalars `beta1_power` and `beta2_power` hold beta1ᵗ and beta2ᵗ.
public struct AdamOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// How far it steps.
  public let learningRate: any LearningRate
  /// The decay of the mean of gradients.
  public let beta1: Double
  /// The decay of the mean of squared gradients.
  public let beta2: Double
  /// Keeps the step finite where gradients vanish; added after the root, of the uncorrected mean.
  public let epsilon: Double

  private let moments: AdamMoments

  /// An optimizer.
  ///
  /// - Parameters:
  ///   - learningRate: a number or a scalar tensor.
  ///   - beta1: the decay of the mean of gradients.
  ///   - beta2: the decay of the mean of squared gradients.
  ///   - epsilon: added to the root.
  public init(
    learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, name: String = "Adam"
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.name = name
    moments = AdamMoments(beta1: beta1, beta2: beta2)
  }

  /// Appends the assignments of the variables, of their slots, and, last, of the powers.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    moments.updates(variables, by: gradients, learningRate: learningRate, name: name) {
      $0.rate * $0.m / (sqrt($0.v) + epsilon)
    }
  }
}
