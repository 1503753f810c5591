import Jacquard

/// Adadelta: steps whose size follows the sizes of gradients and of earlier steps, without a rate of its own.
///
/// With gradient g (Zeiler 2012, algorithm 1, times a learning rate, as TensorFlow 1 has it):
///
/// ```
/// a = rho · a + (1 − rho) · g²
/// u = √(b + epsilon) / √(a + epsilon) · g
/// b = rho · b + (1 − rho) · u²
/// variable −= learningRate · u
/// ```
///
/// The paper has no learning rate: 1 is what it means. TensorFlow's default of 0.001, meant for other optimizers, makes each step a
/// thousandth of it, and a network stays where it started.
///
/// With a sparse gradient, rows that it does not have stay as they are, and so do those of the slots.
///
/// Slots: `<variable>/Adadelta` is a, `<variable>/Adadelta_1` is b.
public struct AdadeltaOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// What the paper's step is multiplied by.
  public let learningRate: any LearningRate
  /// The decay of the means.
  public let rho: Double
  /// Keeps the quotient finite, and the first steps from vanishing.
  public let epsilon: Double

  private let slots = SlotVariables()

  /// An optimizer.
  ///
  /// - Parameters:
  ///   - learningRate: a number or a scalar tensor; TensorFlow's default, far below the 1 that the method means.
  ///   - rho: the decay of the means.
  ///   - epsilon: added under both roots.
  public init(
    learningRate: any LearningRate = 0.001, rho: Double = 0.95, epsilon: Double = 1e-8,
    name: String = "Adadelta"
  ) {
    self.learningRate = learningRate
    self.rho = rho
    self.epsilon = epsilon
    self.name = name
  }

  /// Appends the assignments of the variables and of their slots.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    zip(variables, gradients).flatMap { variable, gradient in
      let a = slots.slot("accum", of: variable, name: name)
      let b = slots.slot("accum_update", of: variable, name: name)
      return variable.graph.scope("update_\(variable.shortName)") {
        let part = UpdatedPart(variable, by: gradient)
        let oldB = part.part(of: b)
        let newA = rho * part.part(of: a) + (1 - rho) * square(part.gradient)
        let step = sqrt(oldB + epsilon) / sqrt(newA + epsilon) * part.gradient
        let newB = rho * oldB + (1 - rho) * square(step)
        let rate = learningRate.scalar(in: variable.graph, dtype: variable.dtype)
        return [part.assign(a, newA), part.assign(b, newB), part.subtract(rate * step)]
      }
    }
  }
}
