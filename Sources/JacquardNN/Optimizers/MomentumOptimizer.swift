import Jacquard

/// Momentum: steps along a decaying sum of gradients, like a ball that rolls downhill.
///
/// With gradient g (Polyak 1964; Nesterov's form as in Sutskever et al. 2013, rewritten as TensorFlow 1 has it):
///
/// ```
/// a = momentum · a + g
/// variable −= learningRate · a                          plain
/// variable −= learningRate · g + learningRate · momentum · a    Nesterov
/// ```
///
/// With a sparse gradient, rows that it does not have stay as they are, and so do those of the slots.
///
/// Slot: `<variable>/Momentum` is a.
public struct MomentumOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// How far it steps.
  public let learningRate: any LearningRate
  /// The share of the sum that stays from step to step.
  public let momentum: Double
  /// Whether it looks ahead: steps as if by the gradient at the place where momentum alone would take it.
  public let useNesterov: Bool

  private let slots = SlotVariables()

  /// An optimizer.
  ///
  /// - Parameters:
  ///   - learningRate: a number or a scalar tensor.
  ///   - momentum: the share of the sum that stays from step to step, from 0 to 1.
  ///   - useNesterov: whether it looks ahead.
  public init(
    learningRate: any LearningRate, momentum: Double, useNesterov: Bool = false,
    name: String = "Momentum"
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.useNesterov = useNesterov
    self.name = name
  }

  /// Appends the assignments of the variables and of their slots.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    zip(variables, gradients).flatMap { variable, gradient in
      let a = slots.slot("momentum", of: variable, name: name)
      return variable.graph.scope("update_\(variable.shortName)") {
        let part = UpdatedPart(variable, by: gradient)
        let gradient = part.gradient
        let newA = momentum * part.part(of: a) + gradient
        let rate = learningRate.scalar(in: variable.graph, dtype: variable.dtype)
        let step = useNesterov ? rate * gradient + rate * momentum * newA : rate * newA
        return [part.assign(a, newA), part.subtract(step)]
      }
    }
  }
}
