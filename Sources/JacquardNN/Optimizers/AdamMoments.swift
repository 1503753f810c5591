import Jacquard
import JacquardArrays

/// What relatives of Adam share: running means of the gradient and of its square, and the powers that correct their start at 0.
struct AdamMoments: Sendable {
  /// The decay of the mean of gradients.
  let beta1: Double
  /// The decay of the mean of squared gradients.
  let beta2: Double

  private let slots = SlotVariables()

  /// What the step of one variable is made of.
  struct Operands {
    let variable: Variable
    let gradient: Tensor
    /// The new mean of gradients.
    let m: Tensor
    /// The new mean of squared gradients.
    let v: Tensor
    /// learningRate · √(1 − beta2ᵗ) / (1 − beta1ᵗ)
    let rate: Tensor
  }

  init(beta1: Double, beta2: Double) {
    self.beta1 = beta1
    self.beta2 = beta2
  }

  /// The assignments of the variables, less what `step` makes of the new means, of their slots, and, last, of the powers.
  func updates(
    _ variables: [Variable], by gradients: [Tensor], learningRate: any LearningRate, name: String,
    step: (Operands) -> Tensor
  ) -> [Operation] {
    let graph = variables[0].graph
    let dtype: DType = variables.contains { $0.dtype == .float64 } ? .float64 : .float32
    let power1 = slots.scalar("beta1_power", in: graph, dtype: dtype, .constant(beta1))
    let power2 = slots.scalar("beta2_power", in: graph, dtype: dtype, .constant(beta2))
    let correction = sqrt(1 - power2) / (1 - power1)
    let powerUpdates = [power1.assign(power1 * beta1), power2.assign(power2 * beta2)]
    var operations: [Operation] = []
    for (variable, gradient) in zip(variables, gradients) {
      let m = slots.slot("m", of: variable, name: name)
      let v = slots.slot("v", of: variable, name: name)
      operations += graph.scope("update_\(variable.shortName)") {
        let newM = m + (gradient - m) * (1 - beta1)
        let newV = v + (square(gradient) - v) * (1 - beta2)
        let rate =
          learningRate.scalar(in: graph, dtype: variable.dtype)
          * correction.cast(to: variable.dtype)
        let operands = Operands(
          variable: variable, gradient: gradient, m: newM, v: newV, rate: rate)
        let change = step(operands)
        return [m.assign(newM), v.assign(newV), variable.assignSubtract(change)]
      }
    }
    return operations + powerUpdates
  }
}
