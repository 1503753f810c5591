import Jacquard
import JacquardArrays

/// The simplest recurrent layer, with the weights of Keras: h' = activation(x · kernel + h · recurrent_kernel + bias).
///
/// Weights: `simple_rnn/kernel`, `[depth, units]`, `simple_rnn/recurrent_kernel`, `[units, units]`, and `simple_rnn/bias`, `[units]`.
public final class SimpleRNN: RecurrentLayer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// The number of units.
  public let units: Int
  /// Of the output.
  public let activation: ActivationFunction

  private let core: RecurrentCore

  /// A recurrent layer.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - activation: of the output.
  ///   - useBias: whether a bias is added.
  ///   - kernelInitializer: of the kernel for the inputs.
  ///   - recurrentInitializer: of the kernel for the previous output.
  ///   - biasInitializer: of the bias.
  ///   - returnSequences: whether the result has the outputs of all steps, or that of the last.
  ///   - goBackwards: whether the last step is read first.
  ///   - name: the name of its scope.
  public convenience init(
    _ units: Int, activation: ActivationFunction = .tanh, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal(),
    biasInitializer: Initializer = .zeros, returnSequences: Bool = false, goBackwards: Bool = false,
    name: String = "simple_rnn"
  ) {
    let core = RecurrentCore(
      units: units, gates: 1, useBias: useBias, kernelInitializer: kernelInitializer,
      recurrentInitializer: recurrentInitializer, biasInitializer: biasInitializer,
      returnSequences: returnSequences, goBackwards: goBackwards)
    self.init(core, activation, name: name)
  }

  private init(_ core: RecurrentCore, _ activation: ActivationFunction, name: String) {
    units = core.units
    self.core = core
    self.activation = activation
    weights = LayerWeights(name: name)
  }

  /// Whether the result has the outputs of all steps.
  public var returnSequences: Bool { core.returnSequences }

  /// Whether the last step is read first.
  public var goBackwards: Bool { core.goBackwards }

  /// False.
  public var usesTraining: Bool { false }

  /// A layer with the same options and weights of its own.
  public func copy(name: String, goBackwards: Bool) -> SimpleRNN {
    SimpleRNN(core.going(backwards: goBackwards), activation, name: name)
  }

  /// From `[batch, steps, depth]` to `[batch, units]`, or `[batch, steps, units]` if `returnSequences`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    guard let operands = core.operands(of: self, x, biasShape: [units]) else {
      return core.invalid(like: self, x)
    }
    let cell = ProjectedSimpleCell(
      units: units, recurrentKernel: operands.recurrentKernel, activation: activation)
    return core.unroll(
      cell, over: operands.bias.map { operands.projected + $0 } ?? operands.projected)
  }
}

/// A step of ``SimpleRNN``; its inputs are x · kernel + bias, `[batch, units]`.
private struct ProjectedSimpleCell: RNNCell {
  let units: Int
  let recurrentKernel: Tensor
  let activation: ActivationFunction

  var outputSize: Int { units }
  var stateSize: Int { units }

  func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Tensor { part([units]) }

  func step(_ inputs: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
    let h = activation(inputs + matmul(state, recurrentKernel))
    return (h, h)
  }
}
