import Jacquard
import JacquardArrays

/// A layer of long short-term memory (Hochreiter and Schmidhuber 1997), with the weights and the arithmetic of Keras.
///
/// From inputs x, the memory c and the previous output h:
///
/// ```
/// i, f, g, o = split(x · kernel + h · recurrent_kernel + bias, 4)
/// c' = recurrentActivation(f) ∘ c + recurrentActivation(i) ∘ activation(g)
/// h' = recurrentActivation(o) ∘ activation(c')
/// ```
///
/// Weights: `lstm/kernel`, `[depth, 4 · units]`, `lstm/recurrent_kernel`, `[units, 4 · units]`, and `lstm/bias`, `[4 · units]`.
public final class LSTM: RecurrentLayer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// The number of units.
  public let units: Int
  /// Of the candidates, and of the memory at the output.
  public let activation: ActivationFunction
  /// Of the gates.
  public let recurrentActivation: ActivationFunction

  private let core: RecurrentCore

  /// A layer of long short-term memory.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - activation: of the candidates, and of the memory at the output.
  ///   - recurrentActivation: of the gates; sigmoid as in Keras since 2.3, `.hardSigmoid` for what was trained before.
  ///   - useBias: whether a bias is added.
  ///   - kernelInitializer: of the kernel for the inputs.
  ///   - recurrentInitializer: of the kernel for the previous output.
  ///   - biasInitializer: of the bias.
  ///   - unitForgetBias: whether the forget gate's bias starts at 1 instead (Jozefowicz and others 2015).
  ///   - returnSequences: whether the result has the outputs of all steps, or that of the last.
  ///   - goBackwards: whether the last step is read first.
  ///   - name: the name of its scope.
  public convenience init(
    _ units: Int, activation: ActivationFunction = .tanh,
    recurrentActivation: ActivationFunction = .sigmoid, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal(),
    biasInitializer: Initializer = .zeros, unitForgetBias: Bool = true,
    returnSequences: Bool = false, goBackwards: Bool = false, name: String = "lstm"
  ) {
    let bias =
      unitForgetBias
      ? Self.forgetBiasOfOnes(units: units, others: biasInitializer) : biasInitializer
    let core = RecurrentCore(
      units: units, gates: 4, useBias: useBias, kernelInitializer: kernelInitializer,
      recurrentInitializer: recurrentInitializer, biasInitializer: bias,
      returnSequences: returnSequences, goBackwards: goBackwards)
    self.init(core, activation, recurrentActivation, name: name)
  }

  private init(
    _ core: RecurrentCore, _ activation: ActivationFunction,
    _ recurrentActivation: ActivationFunction, name: String
  ) {
    units = core.units
    self.core = core
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    weights = LayerWeights(name: name)
  }

  /// Whether the result has the outputs of all steps.
  public var returnSequences: Bool { core.returnSequences }

  /// Whether the last step is read first.
  public var goBackwards: Bool { core.goBackwards }

  /// False.
  public var usesTraining: Bool { false }

  /// A layer with the same options and weights of its own.
  public func copy(name: String, goBackwards: Bool) -> LSTM {
    LSTM(core.going(backwards: goBackwards), activation, recurrentActivation, name: name)
  }

  /// From `[batch, steps, depth]` to `[batch, units]`, or `[batch, steps, units]` if `returnSequences`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    guard let operands = core.operands(of: self, x, biasShape: [4 * units]) else {
      return core.invalid(like: self, x)
    }
    let cell = ProjectedLSTMCell(
      units: units, recurrentKernel: operands.recurrentKernel, activation: activation,
      recurrentActivation: recurrentActivation)
    let projected = operands.bias.map { operands.projected + $0 } ?? operands.projected
    return core.unroll(cell, over: projected)
  }

  private static func forgetBiasOfOnes(units: Int, others: Initializer) -> Initializer {
    Initializer { graph, shape, dtype in
      concatenate(
        [
          others(graph, [units], dtype), graph.ones(dtype, [units]),
          others(graph, [2 * units], dtype),
        ], axis: 0)
    }
  }
}

/// A step of ``LSTM``; its inputs are x · kernel + bias, `[batch, 4 · units]`.
private struct ProjectedLSTMCell: RNNCell {
  typealias State = LSTMState<Tensor>

  let units: Int
  let recurrentKernel: Tensor
  let activation: ActivationFunction
  let recurrentActivation: ActivationFunction

  var outputSize: Int { units }
  var stateSize: LSTMState<Int> { LSTMState(c: units, h: units) }

  func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> State {
    LSTMState(c: part([units]), h: part([units]))
  }

  func step(_ inputs: Tensor, _ state: State) -> (output: Tensor, state: State) {
    let parts = (inputs + matmul(state.h, recurrentKernel)).split(count: 4, axis: 1)
    let (i, f, g, o) = (parts[0], parts[1], parts[2], parts[3])
    let c = recurrentActivation(f) * state.c + recurrentActivation(i) * activation(g)
    let h = recurrentActivation(o) * activation(c)
    return (h, LSTMState(c: c, h: h))
  }
}
