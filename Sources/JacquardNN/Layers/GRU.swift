import Jacquard
import JacquardArrays

/// A layer of gated recurrent units (Cho and others 2014), with the weights and the arithmetic of Keras.
///
/// From inputs x and the previous output h, with the columns of kernel, recurrent kernel R and bias in three blocks:
///
/// ```
/// z = recurrentActivation(x·kernel_z + h·R_z + bias_z)
/// r = recurrentActivation(x·kernel_r + h·R_r + bias_r)
/// g = activation(x·kernel_g + r ∘ (h·R_g + recurrentBias_g) + bias_g)   if resetAfter, as in Keras since TensorFlow 2
/// g = activation(x·kernel_g + (r ∘ h)·R_g + bias_g)                     if not, as before
/// h' = z ∘ h + (1 − z) ∘ g
/// ```
///
/// Weights: `gru/kernel`, `[depth, 3 · units]`, `gru/recurrent_kernel`, `[units, 3 · units]`, and `gru/bias`, `[3 · units]`, or
/// `[2, 3 · units]` if `resetAfter`: that of the inputs, then that of the previous output, which all gates have.
public final class GRU: RecurrentLayer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// The number of units.
  public let units: Int
  /// Of the candidates.
  public let activation: ActivationFunction
  /// Of the gates.
  public let recurrentActivation: ActivationFunction
  /// Whether the reset gate is applied after the product with the recurrent kernel, or before it.
  public let resetAfter: Bool

  private let core: RecurrentCore

  /// A layer of gated recurrent units.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - activation: of the candidates.
  ///   - recurrentActivation: of the gates.
  ///   - useBias: whether biases are added.
  ///   - kernelInitializer: of the kernel for the inputs.
  ///   - recurrentInitializer: of the kernel for the previous output.
  ///   - biasInitializer: of the biases.
  ///   - returnSequences: whether the result has the outputs of all steps, or that of the last.
  ///   - goBackwards: whether the last step is read first.
  ///   - resetAfter: whether the reset gate is applied after the product with the recurrent kernel.
  ///   - name: the name of its scope.
  public convenience init(
    _ units: Int, activation: ActivationFunction = .tanh,
    recurrentActivation: ActivationFunction = .sigmoid, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal(),
    biasInitializer: Initializer = .zeros, returnSequences: Bool = false, goBackwards: Bool = false,
    resetAfter: Bool = true, name: String = "gru"
  ) {
    let core = RecurrentCore(
      units: units, gates: 3, useBias: useBias, kernelInitializer: kernelInitializer,
      recurrentInitializer: recurrentInitializer, biasInitializer: biasInitializer,
      returnSequences: returnSequences, goBackwards: goBackwards)
    self.init(core, activation, recurrentActivation, resetAfter: resetAfter, name: name)
  }

  private init(
    _ core: RecurrentCore, _ activation: ActivationFunction,
    _ recurrentActivation: ActivationFunction, resetAfter: Bool, name: String
  ) {
    units = core.units
    self.core = core
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.resetAfter = resetAfter
    weights = LayerWeights(name: name)
  }

  /// Whether the result has the outputs of all steps.
  public var returnSequences: Bool { core.returnSequences }

  /// Whether the last step is read first.
  public var goBackwards: Bool { core.goBackwards }

  /// False.
  public var usesTraining: Bool { false }

  /// A layer with the same options and weights of its own.
  public func copy(name: String, goBackwards: Bool) -> GRU {
    GRU(
      core.going(backwards: goBackwards), activation, recurrentActivation, resetAfter: resetAfter,
      name: name)
  }

  /// From `[batch, steps, depth]` to `[batch, units]`, or `[batch, steps, units]` if `returnSequences`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let biasShape = resetAfter ? [2, 3 * units] : [3 * units]
    guard let operands = core.operands(of: self, x, biasShape: biasShape) else {
      return core.invalid(like: self, x)
    }
    let kernel = operands.recurrentKernel
    var (projected, recurrentBias): (Tensor, Tensor?) = (operands.projected, nil)
    if let bias = operands.bias {
      let rows = resetAfter ? bias.unstacked(count: 2) : [bias]
      projected = projected + rows[0]
      recurrentBias = resetAfter ? rows[1] : nil
    }
    if resetAfter {
      return core.unroll(
        ProjectedGRUCell(
          units: units, recurrentKernel: kernel, recurrentBias: recurrentBias,
          activation: activation, recurrentActivation: recurrentActivation), over: projected)
    }
    let kernels = kernel.split(sizes: [2 * units, units], axis: 1)
    return core.unroll(
      ProjectedResetFirstGRUCell(
        units: units, gateKernel: kernels[0], candidateKernel: kernels[1], activation: activation,
        recurrentActivation: recurrentActivation), over: projected)
  }
}

/// A step of ``GRU`` that resets after the product; its inputs are x · kernel + bias, `[batch, 3 · units]`.
private struct ProjectedGRUCell: RNNCell {
  let units: Int
  let recurrentKernel: Tensor
  let recurrentBias: Tensor?
  let activation: ActivationFunction
  let recurrentActivation: ActivationFunction

  var outputSize: Int { units }
  var stateSize: Int { units }

  func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Tensor { part([units]) }

  func step(_ inputs: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
    let product = matmul(state, recurrentKernel)
    let fromState = (recurrentBias.map { product + $0 } ?? product)
      .split(sizes: [2 * units, units], axis: 1)
    let fromInputs = inputs.split(sizes: [2 * units, units], axis: 1)
    let gates = recurrentActivation(fromInputs[0] + fromState[0]).split(count: 2, axis: 1)
    let (z, r) = (gates[0], gates[1])
    let candidate = activation(fromInputs[1] + r * fromState[1])
    let h = z * state + (1 - z) * candidate
    return (h, h)
  }
}

/// A step of ``GRU`` that resets before the product; its inputs are x · kernel + bias, `[batch, 3 · units]`.
private struct ProjectedResetFirstGRUCell: RNNCell {
  let units: Int
  let gateKernel: Tensor
  let candidateKernel: Tensor
  let activation: ActivationFunction
  let recurrentActivation: ActivationFunction

  var outputSize: Int { units }
  var stateSize: Int { units }

  func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Tensor { part([units]) }

  func step(_ inputs: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
    let fromInputs = inputs.split(sizes: [2 * units, units], axis: 1)
    let gates = recurrentActivation(fromInputs[0] + matmul(state, gateKernel))
      .split(count: 2, axis: 1)
    let (z, r) = (gates[0], gates[1])
    let candidate = activation(fromInputs[1] + matmul(r * state, candidateKernel))
    let h = z * state + (1 - z) * candidate
    return (h, h)
  }
}
