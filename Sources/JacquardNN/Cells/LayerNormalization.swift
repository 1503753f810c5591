import Jacquard

/// Layer normalization of the elements of a row (Ba, Kiros and Hinton 2016), with TensorFlow's constants
/// (`tf.contrib.layers.layer_norm`).
struct CellNormalization: Sendable {
  private static let epsilon = 1e-12

  private let scope: String
  private let gain: Variable
  private let shift: Variable

  /// Makes `scope/gamma` and `scope/beta`, each `[units]`.
  init(_ scope: String, _ variable: VariableMaker, units: Int, gain: Double, shift: Double) {
    self.scope = scope
    let variable = variable.scoped(scope)
    self.gain = variable("gamma", [units], .constant(gain))
    self.shift = variable("beta", [units], .constant(shift))
  }

  /// `gamma ∘ (x - mean) / √(variance + ε) + beta`, mean and variance over the columns of `x`.
  func callAsFunction(_ x: Tensor) -> Tensor {
    x.graph.scope(scope) {
      let centered = x - x.mean(along: [1], keepingDimensions: true)
      let variance = square(centered).mean(along: [1], keepingDimensions: true)
      return centered * rsqrt(variance + Self.epsilon) * gain + shift
    }
  }
}
