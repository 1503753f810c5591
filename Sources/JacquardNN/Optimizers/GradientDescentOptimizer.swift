import Jacquard

/// Steepest descent: `variable −= learningRate · gradient`. Of a sparse gradient, each slice is subtracted from its row.
public struct GradientDescentOptimizer: Optimizer {
  /// The name of its operations.
  public let name: String

  /// How far it steps.
  public let learningRate: any LearningRate

  /// An optimizer.
  ///
  /// - Parameter learningRate: a number or a scalar tensor.
  public init(learningRate: any LearningRate, name: String = "GradientDescent") {
    self.learningRate = learningRate
    self.name = name
  }

  /// Appends one assignment for each variable.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    zip(variables, gradients).map { variable, gradient in
      let rate = learningRate.scalar(in: variable.graph, dtype: variable.dtype)
      if let slices = gradient.indexedSlices {
        return variable.assignSubtract(rate * slices.values, at: slices.indices)
      }
      return variable.assignSubtract(rate * gradient)
    }
  }
}
