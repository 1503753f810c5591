import Jacquard
import JacquardArrays

/// Takes the largest element of each window of a sequence, channel by channel.
public final class MaxPooling1D: Layer {
  /// Its name.
  public let weights: LayerWeights
  /// The number of steps of a window.
  public let poolSize: Int
  /// How far the window moves.
  public let strides: Int
  /// What happens at the ends.
  public let padding: Padding

  /// A layer that takes the largest element of each window.
  ///
  /// - Parameters:
  ///   - poolSize: the number of steps of a window.
  ///   - strides: how far the window moves; by its size if `nil`.
  ///   - padding: what happens at the ends.
  ///   - name: the name of its scope.
  public init(
    _ poolSize: Int = 2, strides: Int? = nil, padding: Padding = .valid,
    name: String = "max_pooling1d"
  ) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
    self.padding = padding
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, steps, channels]` to `[batch, steps', channels]`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    maxPooling1D(x, size: poolSize, stride: strides, padding: padding)
  }
}

/// Takes the largest element of each window of an image, channel by channel.
public final class MaxPooling2D: Layer {
  /// Its name.
  public let weights: LayerWeights
  /// The rows and columns of a window.
  public let poolSize: (Int, Int)
  /// How far the window moves down and to the right.
  public let strides: (Int, Int)
  /// What happens at the edges.
  public let padding: Padding

  /// A layer that takes the largest element of each window.
  ///
  /// - Parameters:
  ///   - poolSize: the rows and columns of a window.
  ///   - strides: how far the window moves down and to the right; by its size if `nil`.
  ///   - padding: what happens at the edges.
  ///   - name: the name of its scope.
  public init(
    _ poolSize: (Int, Int) = (2, 2), strides: (Int, Int)? = nil, padding: Padding = .valid,
    name: String = "max_pooling2d"
  ) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
    self.padding = padding
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, height, width, channels]` to `[batch, height', width', channels]`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    maxPooling2D(x, size: poolSize, strides: strides, padding: padding)
  }
}

/// Takes the mean of each window of a sequence, channel by channel.
public final class AveragePooling1D: Layer {
  /// Its name.
  public let weights: LayerWeights
  /// The number of steps of a window.
  public let poolSize: Int
  /// How far the window moves.
  public let strides: Int
  /// What happens at the ends.
  public let padding: Padding

  /// A layer that takes the mean of each window.
  ///
  /// - Parameters:
  ///   - poolSize: the number of steps of a window.
  ///   - strides: how far the window moves; by its size if `nil`.
  ///   - padding: what happens at the ends.
  ///   - name: the name of its scope.
  public init(
    _ poolSize: Int = 2, strides: Int? = nil, padding: Padding = .valid,
    name: String = "average_pooling1d"
  ) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
    self.padding = padding
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, steps, channels]` to `[batch, steps', channels]`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    averagePooling1D(x, size: poolSize, stride: strides, padding: padding)
  }
}

/// Takes the mean of each window of an image, channel by channel.
public final class AveragePooling2D: Layer {
  /// Its name.
  public let weights: LayerWeights
  /// The rows and columns of a window.
  public let poolSize: (Int, Int)
  /// How far the window moves down and to the right.
  public let strides: (Int, Int)
  /// What happens at the edges.
  public let padding: Padding

  /// A layer that takes the mean of each window.
  ///
  /// - Parameters:
  ///   - poolSize: the rows and columns of a window.
  ///   - strides: how far the window moves down and to the right; by its size if `nil`.
  ///   - padding: what happens at the edges.
  ///   - name: the name of its scope.
  public init(
    _ poolSize: (Int, Int) = (2, 2), strides: (Int, Int)? = nil, padding: Padding = .valid,
    name: String = "average_pooling2d"
  ) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
    self.padding = padding
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, height, width, channels]` to `[batch, height', width', channels]`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    averagePooling2D(x, size: poolSize, strides: strides, padding: padding)
  }
}
