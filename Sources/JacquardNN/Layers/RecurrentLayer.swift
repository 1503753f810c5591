import Jacquard
import JacquardArrays

/// A layer that reads sequences step by step: ``LSTM``, ``GRU``, ``SimpleRNN``, or one of one's own.
public protocol RecurrentLayer: Layer {
  /// Whether the result has the outputs of all steps, `[batch, steps, units]`, or that of the last, `[batch, units]`.
  var returnSequences: Bool { get }

  /// Whether the last step is read first; the outputs are in the order in which steps are read.
  var goBackwards: Bool { get }

  /// A layer with the same options and weights of its own, for ``Bidirectional``.
  func copy(name: String, goBackwards: Bool) -> Self
}

/// What the recurrent layers share: the weights of Keras, and the loop.
///
/// What a step needs of its inputs is one product for all steps, before the loop: `projected`, `[batch, steps, gates · units]`.
/// Only the product with the state is left for the steps.
struct RecurrentCore: Sendable {
  let units: Int
  /// How many blocks of `units` columns the kernels have.
  let gates: Int
  let useBias: Bool
  let kernelInitializer: Initializer
  let recurrentInitializer: Initializer
  let biasInitializer: Initializer
  let returnSequences: Bool
  let goBackwards: Bool

  /// The same, reading from that end.
  func going(backwards goBackwards: Bool) -> RecurrentCore {
    RecurrentCore(
      units: units, gates: gates, useBias: useBias, kernelInitializer: kernelInitializer,
      recurrentInitializer: recurrentInitializer, biasInitializer: biasInitializer,
      returnSequences: returnSequences, goBackwards: goBackwards)
  }

  /// What is made of the inputs and the weights before the loop.
  struct Operands {
    /// x · kernel, `[batch, steps, gates · units]`, without bias; steps in the order in which they are read.
    let projected: Tensor
    /// `[units, gates · units]`
    let recurrentKernel: Tensor
    /// In the shape that was asked for; `nil` without a bias.
    let bias: Tensor?
  }

  /// Checks `x`, makes the weights, and multiplies; `nil` after a diagnostic.
  func operands(
    of layer: some Layer, _ x: Tensor, biasShape: [Int]
  ) -> Operands? {
    let check = LayerOperands(layer, x)
    guard check.hasPositive(units, "units"),
      check.isFloating(ranks: 3...3, layout: "[batch, steps, depth]"), let depth = x.shape[2]
    else { return nil }
    let (graph, weights, columns) = (x.graph, layer.weights, gates * units)
    let kernel = weights.weight(
      "kernel", [depth, columns], dtype: x.dtype, initializer: kernelInitializer, in: graph)
    let recurrentKernel = weights.weight(
      "recurrent_kernel", [units, columns], dtype: x.dtype, initializer: recurrentInitializer,
      in: graph)
    var bias: Tensor?
    if useBias {
      bias = weights.weight(
        "bias", biasShape, dtype: x.dtype, initializer: biasInitializer, in: graph)
    }
    let sequence = goBackwards ? x.reversed(axes: [1]) : x
    return Operands(
      projected: matmul(sequence, kernel), recurrentKernel: recurrentKernel, bias: bias)
  }

  /// The outputs of all steps, or of the last.
  func unroll<Cell: RNNCell>(_ cell: Cell, over projected: Tensor) -> Tensor {
    let (outputs, state) = dynamicRNN(cell, projected, scope: "rnn")
    // The output is the last part of the state.
    return returnSequences ? outputs : state.tensors.last ?? outputs
  }

  /// What to return where nothing can be built.
  func invalid(like layer: some Layer, _ x: Tensor) -> Tensor {
    LayerOperands(layer, x).invalid(
      returnSequences ? [x.shape[0], x.shape[1], units] : [x.shape[0], units])
  }
}
