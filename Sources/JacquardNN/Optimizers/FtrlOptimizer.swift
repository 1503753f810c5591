import Jacquard

/// FTRL-Proximal: follows the regularised leader; its L1 penalty makes variables exactly 0.
///
/// With gradient g and p = −learningRatePower (McMahan et al. 2013, algorithm 1, as TensorFlow 1 has it):
///
/// ```
/// n' = n + g²
/// z += g − (n'ᵖ − nᵖ) / learningRate · variable
/// variable = (sign(z) · l1 − z) / (n'ᵖ / learningRate + 2 · l2)    where |z| > l1, else 0
/// n = n'
/// ```
///
/// The variable is made anew from z in each step, and z starts at 0: as the method has it, what the variable starts with soon counts
/// for nothing.
///
/// With a sparse gradient, rows that it does not have stay as they are, and so do those of the slots.
///
/// Slots: `<variable>/Ftrl` is n, `<variable>/Ftrl_1` is z.
public struct FtrlOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// How far it steps.
  public let learningRate: any LearningRate
  /// How fast steps shrink: the exponent of n, negated; −0.5 is the paper's, 0 keeps their size.
  public let learningRatePower: Double
  /// What the sum of squared gradients starts with.
  public let initialAccumulatorValue: Double
  /// What makes small variables 0.
  public let l1RegularizationStrength: Double
  /// What makes variables small.
  public let l2RegularizationStrength: Double

  private let slots = SlotVariables()

  /// An optimizer.
  ///
  /// - Parameters:
  ///   - learningRate: a number or a scalar tensor; not 0, which it divides by.
  ///   - learningRatePower: at most 0.
  ///   - initialAccumulatorValue: what the sum of squared gradients starts with; at least 0.
  ///   - l1RegularizationStrength: at least 0.
  ///   - l2RegularizationStrength: at least 0.
  public init(
    learningRate: any LearningRate, learningRatePower: Double = -0.5,
    initialAccumulatorValue: Double = 0.1, l1RegularizationStrength: Double = 0,
    l2RegularizationStrength: Double = 0, name: String = "Ftrl"
  ) {
    self.learningRate = learningRate
    self.learningRatePower = learningRatePower
    self.initialAccumulatorValue = initialAccumulatorValue
    self.l1RegularizationStrength = l1RegularizationStrength
    self.l2RegularizationStrength = l2RegularizationStrength
    self.name = name
  }

  /// Appends the assignments of the variables and of their slots.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    checkParameters(in: variables[0].graph)
    return zip(variables, gradients).flatMap { variable, gradient in
      let n = slots.slot("accum", of: variable, name: name, .constant(initialAccumulatorValue))
      let z = slots.slot("linear", of: variable, name: name)
      return variable.graph.scope("update_\(variable.shortName)") {
        let rate = learningRate.scalar(in: variable.graph, dtype: variable.dtype)
        let part = UpdatedPart(variable, by: gradient)
        let oldN = part.part(of: n)
        let newN = oldN + square(part.gradient)
        let power = raised(newN)
        let shift = (power - raised(oldN)) / rate * part.value
        let newZ = part.part(of: z) + part.gradient - shift
        let curvature = power / rate + 2 * l2RegularizationStrength
        let value = (sign(newZ) * l1RegularizationStrength - newZ) / curvature
        let isKept = abs(newZ) .> l1RegularizationStrength
        return [
          part.assign(n, newN), part.assign(z, newZ), part.assign(select(isKept, value, 0)),
        ]
      }
    }
  }

  private func raised(_ n: Tensor) -> Tensor {
    learningRatePower == -0.5 ? sqrt(n) : pow(n, -learningRatePower)
  }

  private func checkParameters(in graph: Graph) {
    let found = [
      ("learningRatePower", learningRatePower, learningRatePower <= 0, "at most 0"),
      (
        "initialAccumulatorValue", initialAccumulatorValue, initialAccumulatorValue >= 0,
        "at least 0"
      ),
      (
        "l1RegularizationStrength", l1RegularizationStrength, l1RegularizationStrength >= 0,
        "at least 0"
      ),
      (
        "l2RegularizationStrength", l2RegularizationStrength, l2RegularizationStrength >= 0,
        "at least 0"
      ),
    ]
    for (parameter, value, isSound, range) in found where !isSound {
      graph.diagnose("\(parameter) is \(value)", remedy: "pass a number of \(range)", op: name)
    }
  }
}
