import Jacquard

/// Nadam: Adam with Nesterov's look ahead.
///
/// With gradient g, at step t (Dozat 2016, with a constant momentum, as TensorFlow 1's `contrib.opt` has it):
///
/// ```
/// m += (g − m) · (1 − beta1)
/// v += (g² − v) · (1 − beta2)
/// variable −= learningRate · √(1 − beta2ᵗ) / (1 − beta1ᵗ) · (g · (1 − beta1) + beta1 · m) / (√v + epsilon)
/// ```
///
/// With a sparse gradient, too, all rows move: the means decay where the gradient is 0, as in TensorFlow.
///
/// Slots: `<variable>/Nadam` is m, `<variable>/Nadam_1` is v (TensorFlow's are called `Adam` unless told otherwise); the scalars
/// `beta1_power` and `beta2_power` hold beta1ᵗ and beta2ᵗ.
public struct NadamOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// How far it steps.
  public let learningRate: any LearningRate
  /// The decay of the mean of gradients.
  public var beta1: Double { moments.beta1 }
  /// The decay of the mean of squared gradients.
  public var beta2: Double { moments.beta2 }
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
    epsilon: Double = 1e-8, name: String = "Nadam"
  ) {
    self.learningRate = learningRate
    self.epsilon = epsilon
    self.name = name
    moments = AdamMoments(beta1: beta1, beta2: beta2)
  }

  /// Appends the assignments of the variables, of their slots, and, last, of the powers.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    moments.updates(variables, by: gradients, learningRate: learningRate, name: name) {
      let ahead = $0.gradient * (1 - beta1) + beta1 * $0.m
      return $0.rate * ahead / (sqrt($0.v) + epsilon)
    }
  }
}
