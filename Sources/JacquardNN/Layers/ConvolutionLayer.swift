import Jacquard
import JacquardArrays

/// What the layers that slide a filter share: their options and their weights.
struct ConvolutionCore: Sendable {
  let filters: Int
  let useBias: Bool
  let kernelInitializer: Initializer
  let biasInitializer: Initializer

  /// The kernel, `window + [channels, filters]`, and the bias, `[filters]`, for `x`; `nil` after a diagnostic.
  func weights(
    of layer: some Layer, _ x: Tensor, window: [Int], layout: String
  ) -> (kernel: Tensor, bias: Tensor?)? {
    let operands = LayerOperands(layer, x)
    let rank = window.count + 2
    guard operands.hasPositive(filters, "filters"),
      window.allSatisfy({ operands.hasPositive($0, "steps of the window") }),
      operands.isFloating(ranks: rank...rank, layout: layout), let channels = x.shape[-1]
    else { return nil }
    let kernel = layer.weights.weight(
      "kernel", window + [channels, filters], dtype: x.dtype, initializer: kernelInitializer,
      in: x.graph)
    guard useBias else { return (kernel, nil) }
    let bias = layer.weights.weight(
      "bias", [filters], dtype: x.dtype, initializer: biasInitializer, in: x.graph)
    return (kernel, bias)
  }
}

/// Slides filters over sequences.
///
/// Weights: `conv1d/kernel`, `[window, channels, filters]`, and `conv1d/bias`, `[filters]`.
public final class Conv1D: Layer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// The number of steps that a filter sees.
  public let kernelSize: Int
  /// How far a filter moves.
  public let strides: Int
  /// What happens at the ends.
  public let padding: Padding
  /// How far apart the steps are that a filter sees.
  public let dilation: Int
  /// What is applied to the result.
  public let activation: ActivationFunction

  private let core: ConvolutionCore

  /// A layer of filters.
  ///
  /// - Parameters:
  ///   - filters: the number of filters.
  ///   - kernelSize: the number of steps that a filter sees.
  ///   - strides: how far a filter moves.
  ///   - padding: what happens at the ends.
  ///   - dilation: how far apart the steps are that a filter sees.
  ///   - activation: what is applied to the result.
  ///   - useBias: whether a bias is added.
  ///   - kernelInitializer: of the kernel.
  ///   - biasInitializer: of the bias.
  ///   - name: the name of its scope.
  public init(
    _ filters: Int, _ kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dilation: Int = 1, activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    name: String = "conv1d"
  ) {
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.dilation = dilation
    self.activation = activation
    core = ConvolutionCore(
      filters: filters, useBias: useBias, kernelInitializer: kernelInitializer,
      biasInitializer: biasInitializer)
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, steps, channels]` to `[batch, steps', filters]`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let layout = "[batch, steps, channels]"
    guard let (kernel, bias) = core.weights(of: self, x, window: [kernelSize], layout: layout)
    else { return LayerOperands(self, x).invalid() }
    let y = convolution1D(x, kernel, stride: strides, padding: padding, dilation: dilation)
    return activation(bias.map { y + $0 } ?? y)
  }
}

/// Slides filters over images.
///
/// Weights: `conv2d/kernel`, `[height, width, channels, filters]`, and `conv2d/bias`, `[filters]`.
public final class Conv2D: Layer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// The rows and columns that a filter sees.
  public let kernelSize: (Int, Int)
  /// How far a filter moves down and to the right.
  public let strides: (Int, Int)
  /// What happens at the edges.
  public let padding: Padding
  /// How far apart the rows and columns are that a filter sees.
  public let dilations: (Int, Int)
  /// What is applied to the result.
  public let activation: ActivationFunction

  private let core: ConvolutionCore

  /// A layer of filters.
  ///
  /// - Parameters:
  ///   - filters: the number of filters.
  ///   - kernelSize: the rows and columns that a filter sees.
  ///   - strides: how far a filter moves down and to the right.
  ///   - padding: what happens at the edges.
  ///   - dilations: how far apart the rows and columns are that a filter sees.
  ///   - activation: what is applied to the result.
  ///   - useBias: whether a bias is added.
  ///   - kernelInitializer: of the kernel.
  ///   - biasInitializer: of the bias.
  ///   - name: the name of its scope.
  public init(
    _ filters: Int, _ kernelSize: (Int, Int), strides: (Int, Int) = (1, 1),
    padding: Padding = .valid, dilations: (Int, Int) = (1, 1),
    activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    name: String = "conv2d"
  ) {
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.dilations = dilations
    self.activation = activation
    core = ConvolutionCore(
      filters: filters, useBias: useBias, kernelInitializer: kernelInitializer,
      biasInitializer: biasInitializer)
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, height, width, channels]` to `[batch, height', width', filters]`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let layout = "[batch, height, width, channels]"
    let window = [kernelSize.0, kernelSize.1]
    guard let (kernel, bias) = core.weights(of: self, x, window: window, layout: layout)
    else { return LayerOperands(self, x).invalid() }
    let y = convolution2D(x, kernel, strides: strides, padding: padding, dilations: dilations)
    return activation(bias.map { y + $0 } ?? y)
  }
}
