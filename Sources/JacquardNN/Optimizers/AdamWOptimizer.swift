import Jacquard

/// AdamW: Adam, and variables that decay by themselves, whatever their gradients are.
///
/// With gradient g, at step t (Loshchilov and Hutter 2019, algorithm 2, as TensorFlow 1's `contrib.opt` has it):
///
/// ```
/// m += (g − m) · (1 − beta1)
/// v += (g² − v) · (1 − beta2)
/// variable −= weightDecay · variable + learningRate · √(1 − beta2ᵗ) / (1 − beta1ᵗ) · m / (√v + epsilon)
/// ```
///
/// The decay is not multiplied by the learning rate: λ of libraries that do so is `weightDecay: learningRate * λ` here. If the rate
/// follows a schedule, let the decay follow it too; it may be a tensor.
///
/// With a sparse gradient, too, all rows move and decay. (TensorFlow's decay only in rows that the gradient has.)
///
/// Slots: `<variable>/AdamW` is m, `<variable>/AdamW_1` is v; the scalars `beta1_power` and `beta2_power` hold beta1ᵗ and beta2ᵗ.
public struct AdamWOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// The share of a variable that each step takes away.
  public let weightDecay: any LearningRate
  /// How far it steps.
  public let learningRate: any LearningRate
  /// The decay of the mean of gradients.
  public var beta1: Double { moments.beta1 }
  /// The decay of the mean of squared gradients.
  public var beta2: Double { moments.beta2 }
  /// Keeps the step finite where gradients vanish; added after the root, of the uncorrected mean.
  public let epsilon: Double
  /// The variables that decay; all that are trained if `nil`.
  public let decayingVariables: Set<Variable>?

  private let moments: AdamMoments

  /// An optimizer.
  ///
  /// - Parameters:
  ///   - weightDecay: the share of a variable that each step takes away; a number or a scalar tensor.
  ///   - learningRate: a number or a scalar tensor.
  ///   - beta1: the decay of the mean of gradients.
  ///   - beta2: the decay of the mean of squared gradients.
  ///   - epsilon: added to the root.
  ///   - decayingVariables: which of the variables decay, such as kernels but not biases; all by default.
  public init(
    weightDecay: any LearningRate, learningRate: any LearningRate = 0.001, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, decayingVariables: [Variable]? = nil,
    name: String = "AdamW"
  ) {
    self.weightDecay = weightDecay
    self.learningRate = learningRate
    self.epsilon = epsilon
    self.decayingVariables = decayingVariables.map(Set.init)
    self.name = name
    moments = AdamMoments(beta1: beta1, beta2: beta2)
  }

  /// Appends the assignments of the variables, of their slots, and, last, of the powers.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    moments.updates(variables, by: gradients, learningRate: learningRate, name: name) {
      let step = $0.rate * $0.m / (sqrt($0.v) + epsilon)
      let variable = $0.variable
      if let decayingVariables, !decayingVariables.contains(variable) { return step }
      let decay = weightDecay.scalar(in: variable.graph, dtype: variable.dtype)
      return decay * variable + step
    }
  }
}
