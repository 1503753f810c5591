import Jacquard

/// RMSProp: steps by the gradient over the root of a running mean of its square, with momentum.
///
/// With gradient g (Tieleman and Hinton 2012, lecture 6.5; centred and with momentum as in Graves 2013, equations 38 to 45;
/// as TensorFlow 1 has it):
///
/// ```
/// s += (g² − s) · (1 − decay)
/// a += (g − a) · (1 − decay)                                centred only
/// b = momentum · b + learningRate · g / √(s + epsilon)          plain
/// b = momentum · b + learningRate · g / √(s − a² + epsilon)     centred
/// variable −= b
/// ```
///
/// s starts at 1, so that first steps are small. The variance s − a² counts as 0 where rounding takes it below; TensorFlow gets NaN
/// there.
///
/// With a sparse gradient, rows that it does not have stay as they are, and so do those of the slots.
///
/// Slots: `<variable>/RMSProp` is s; then a, if centred; the last is b.
public struct RMSPropOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// How far it steps.
  public let learningRate: any LearningRate
  /// The decay of the running means.
  public let decay: Double
  /// The share of the step that stays from step to step.
  public let momentum: Double
  /// Keeps the step finite where gradients vanish; added under the root.
  public let epsilon: Double
  /// Whether it divides by the standard deviation of the gradient instead of its root mean square.
  public let centered: Bool

  private let slots = SlotVariables()

  /// An optimizer.
  ///
  /// - Parameters:
  ///   - learningRate: a number or a scalar tensor.
  ///   - decay: the decay of the running means.
  ///   - momentum: the share of the step that stays from step to step.
  ///   - epsilon: added under the root.
  ///   - centered: whether to divide by the standard deviation of the gradient.
  public init(
    learningRate: any LearningRate, decay: Double = 0.9, momentum: Double = 0,
    epsilon: Double = 1e-10, centered: Bool = false, name: String = "RMSProp"
  ) {
    self.learningRate = learningRate
    self.decay = decay
    self.momentum = momentum
    self.epsilon = epsilon
    self.centered = centered
    self.name = name
  }

  /// Appends the assignments of the variables and of their slots.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    zip(variables, gradients).flatMap { variable, gradient in
      let s = slots.slot("rms", of: variable, name: name, .ones)
      let a = centered ? slots.slot("mg", of: variable, name: name) : nil
      let b = slots.slot("momentum", of: variable, name: name)
      return variable.graph.scope("update_\(variable.shortName)") {
        let part = UpdatedPart(variable, by: gradient)
        let gradient = part.gradient
        let (oldS, oldA) = (part.part(of: s), a.map { part.part(of: $0) })
        let newS = oldS + (square(gradient) - oldS) * (1 - decay)
        let newA = oldA.map { $0 + (gradient - $0) * (1 - decay) }
        let spread = newA.map { maximum(newS - square($0), 0) } ?? newS
        let rate = learningRate.scalar(in: variable.graph, dtype: variable.dtype)
        let newB = momentum * part.part(of: b) + rate * gradient / sqrt(spread + epsilon)
        var operations = [part.assign(s, newS)]
        if let a, let newA { operations.append(part.assign(a, newA)) }
        return operations + [part.assign(b, newB), part.subtract(newB)]
      }
    }
  }
}
