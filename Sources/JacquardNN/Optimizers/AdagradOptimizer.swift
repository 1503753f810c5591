import Jacquard

/// Adagrad: steps that shrink, element by element, with the gradients seen so far.
///
/// With gradient g (Duchi et al. 2011, diagonal form, as TensorFlow 1 has it):
///
/// ```
/// a += g²
/// variable −= learningRate · g / √a
/// ```
///
/// No epsilon: a starts above 0 instead, and never shrinks.
///
/// With a sparse gradient, rows that it does not have stay as they are, and so do those of the slots.
///
/// Slot: `<variable>/Adagrad` is a.
public struct AdagradOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// How far it steps.
  public let learningRate: any LearningRate
  /// What the sum of squared gradients starts with.
  public let initialAccumulatorValue: Double

  private let slots = SlotVariables()

  /// An optimizer.
  ///
  /// - Parameters:
  ///   - learningRate: a number or a scalar tensor.
  ///   - initialAccumulatorValue: what the sum of squared gradients starts with; above 0.
  public init(
    learningRate: any LearningRate, initialAccumulatorValue: Double = 0.1, name: String = "Adagrad"
  ) {
    self.learningRate = learningRate
    self.initialAccumulatorValue = initialAccumulatorValue
    self.name = name
  }

  /// Appends the assignments of the variables and of their slots.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    if !(initialAccumulatorValue > 0) {
      variables[0].graph.diagnose(
        "the accumulator starts at \(initialAccumulatorValue), which is not above 0",
        remedy: "0.1 is usual: steps are divided by its root", op: name)
    }
    return zip(variables, gradients).flatMap { variable, gradient in
      let a = slots.slot(
        "accumulator", of: variable, name: name, .constant(initialAccumulatorValue))
      return variable.graph.scope("update_\(variable.shortName)") {
        let part = UpdatedPart(variable, by: gradient)
        let newA = part.part(of: a) + square(part.gradient)
        let rate = learningRate.scalar(in: variable.graph, dtype: variable.dtype)
        return [part.assign(a, newA), part.subtract(rate * part.gradient / sqrt(newA))]
      }
    }
  }
}
