import Jacquard
import JacquardArrays

/// AdaMax: steps by a running mean of the gradient over the largest gradient of late.
///
/// With gradient g, at step t (Kingma and Ba 2015, algorithm 2; epsilon as TensorFlow 1's `contrib.opt` has it):
///
/// ```
/// m += (g − m) · (1 − beta1)
/// u = max(beta2 · u, |g|)
/// variable −= learningRate / (1 − beta1ᵗ) · m / (u + epsilon)
/// ```
///
/// With a sparse gradient, rows that it does not have stay as they are, and so do those of the slots.
///
/// Slots: `<variable>/AdaMax` is m, `<variable>/AdaMax_1` is u; the scalar `beta1_power` holds beta1ᵗ.
public struct AdaMaxOptimizer: Optimizer {
  /// The name of its operations and slots.
  public let name: String

  /// How far it steps.
  public let learningRate: any LearningRate
  /// The decay of the mean of gradients.
  public let beta1: Double
  /// The decay of the largest gradient.
  public let beta2: Double
  /// Keeps the step finite where gradients vanish.
  public let epsilon: Double

  private let slots = SlotVariables()

  /// An optimizer.
  ///
  /// - Parameters:
  ///   - learningRate: a number or a scalar tensor.
  ///   - beta1: the decay of the mean of gradients.
  ///   - beta2: the decay of the largest gradient.
  ///   - epsilon: added to the largest gradient.
  public init(
    learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, name: String = "AdaMax"
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.name = name
  }

  /// Appends the assignments of the variables, of their slots, and, last, of the power.
  public func updates(_ variables: [Variable], by gradients: [Tensor]) -> [Operation] {
    let graph = variables[0].graph
    let dtype: DType = variables.contains { $0.dtype == .float64 } ? .float64 : .float32
    let power = slots.scalar("beta1_power", in: graph, dtype: dtype, .constant(beta1))
    let rest = 1 - power
    var operations: [Operation] = []
    for (variable, gradient) in zip(variables, gradients) {
      let m = slots.slot("m", of: variable, name: name)
      let u = slots.slot("v", of: variable, name: name)
      operations += graph.scope("update_\(variable.shortName)") {
        let part = UpdatedPart(variable, by: gradient)
        let oldM = part.part(of: m)
        let newM = oldM + (part.gradient - oldM) * (1 - beta1)
        let newU = maximum(beta2 * part.part(of: u), abs(part.gradient))
        let rate =
          learningRate.scalar(in: graph, dtype: variable.dtype) / rest.cast(to: variable.dtype)
        let step = rate * newM / (newU + epsilon)
        return [part.assign(m, newM), part.assign(u, newU), part.subtract(step)]
      }
    }
    return operations + [power.assign(power * beta1)]
  }
}
