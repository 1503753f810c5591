import JacquardArrays

/// How a variable gets its initial value: a function that builds it from the variable's shape and element type.
///
/// It is called with the variable's name as the scope, so that random values depend on the graph's seed and that name only.
public struct Initializer: Sendable {
  let make: @Sendable (_ graph: Graph, _ shape: [Int], _ dtype: DType) -> Tensor

  /// An initializer of one's own.
  ///
  /// - Parameter make: builds a tensor of the given shape and element type.
  public init(
    _ make: @escaping @Sendable (_ graph: Graph, _ shape: [Int], _ dtype: DType) -> Tensor
  ) {
    self.make = make
  }

  /// Builds an initial value in `graph`.
  public func callAsFunction(_ graph: Graph, _ shape: [Int], _ dtype: DType = .float32) -> Tensor {
    make(graph, shape, dtype)
  }
}

extension Initializer {
  /// All 0.
  public static let zeros = constant(0)

  /// All 1.
  public static let ones = constant(1)

  /// All `value`.
  public static func constant(_ value: Double) -> Initializer {
    Initializer { graph, shape, dtype in
      graph.full(value, dtype, shape)
    }
  }

  /// The elements of `value` in row-major order, converted to the variable's element type. If there are fewer than the variable has,
  /// the last one fills the rest.
  @_disfavoredOverload
  public static func constant(_ value: NDArray) -> Initializer {
    Initializer { graph, shape, dtype in
      let count = shape.reduce(1, *)
      guard value.count <= count && (value.count > 0 || count == 0) else {
        graph.report(
          "\(value.count) elements, \(value.dtype)\(value.shape), cannot initialise a variable of shape \(shape)",
          remedy: "give between 1 and \(count) elements", op: "Initializer")
        return graph.invalidTensor(TensorType(dtype, PartialShape(known: shape)))
      }
      let elements = value.converted(to: dtype)
      return graph.constant(elements.padded(to: count).reshaped(to: shape))
    }
  }

  /// From the uniform distribution over `low..<high`.
  public static func uniform(from low: Double = -0.05, to high: Double = 0.05) -> Initializer {
    Initializer { graph, shape, dtype in
      graph.randomUniform(shape, from: low, to: high, dtype: dtype)
    }
  }

  /// From the normal distribution.
  public static func normal(mean: Double = 0, standardDeviation: Double = 1) -> Initializer {
    Initializer { graph, shape, dtype in
      graph.randomNormal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }

  /// From the normal distribution, drawn again beyond two standard deviations.
  public static func truncatedNormal(mean: Double = 0, standardDeviation: Double = 1) -> Initializer
  {
    Initializer { graph, shape, dtype in
      graph.truncatedNormal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }

  /// Uniform over ±√(6 / (fan in + fan out)); the default of `getVariable`.
  public static let glorotUniform = varianceScaling(
    scale: 1, mode: .fanAverage, distribution: .uniform)

  /// Truncated normal of variance 2 / (fan in + fan out).
  public static let glorotNormal = varianceScaling(
    scale: 1, mode: .fanAverage, distribution: .truncatedNormal)

  /// Truncated normal of variance 2 / fan in, for rectifiers.
  public static let heNormal = varianceScaling(
    scale: 2, mode: .fanIn, distribution: .truncatedNormal)

  /// Uniform of variance 2 / fan in, for rectifiers.
  public static let heUniform = varianceScaling(scale: 2, mode: .fanIn, distribution: .uniform)

  /// Truncated normal of variance 1 / fan in.
  public static let lecunNormal = varianceScaling(
    scale: 1, mode: .fanIn, distribution: .truncatedNormal)

  /// Uniform of variance 1 / fan in.
  public static let lecunUniform = varianceScaling(scale: 1, mode: .fanIn, distribution: .uniform)

  /// What the variance of ``varianceScaling(scale:mode:distribution:)`` is divided by.
  public enum FanMode: Sendable, Hashable {
    /// The number of inputs of a unit.
    case fanIn
    /// The number of outputs of a unit.
    case fanOut
    /// The mean of both.
    case fanAverage
  }

  /// What ``varianceScaling(scale:mode:distribution:)`` draws from.
  public enum Distribution: Sendable, Hashable {
    /// The normal distribution, cut at two standard deviations, and widened to have the variance asked for.
    case truncatedNormal
    /// The normal distribution.
    case untruncatedNormal
    /// The uniform distribution around 0.
    case uniform
  }

  /// Random values around 0 of variance `scale / n`, with n the fan by `mode` and at least 1.
  ///
  /// The last two axes of the shape are inputs and outputs, and the axes before them, those of a convolution's window, multiply both.
  /// A vector is its own fan in and fan out.
  public static func varianceScaling(
    scale: Double = 1, mode: FanMode = .fanIn, distribution: Distribution = .truncatedNormal
  ) -> Initializer {
    Initializer { graph, shape, dtype in
      let fans = Fans(of: shape)
      let fan: Double =
        switch mode {
        case .fanIn: fans.in
        case .fanOut: fans.out
        case .fanAverage: (fans.in + fans.out) / 2
        }
      let variance = scale / max(1, fan)
      switch distribution {
      case .truncatedNormal:
        return graph.truncatedNormal(
          shape, standardDeviation: variance.squareRoot() / truncatedNormalDeviation, dtype: dtype)
      case .untruncatedNormal:
        return graph.randomNormal(shape, standardDeviation: variance.squareRoot(), dtype: dtype)
      case .uniform:
        let limit = (3 * variance).squareRoot()
        return graph.randomUniform(shape, from: -limit, to: limit, dtype: dtype)
      }
    }
  }

  /// The standard deviation of the standard normal distribution cut at ±2.
  private static let truncatedNormalDeviation = 0.87962566103423978
}

/// How many inputs and outputs a unit has, by the shape of its weights.
struct Fans {
  let `in`: Double
  let out: Double

  init(of shape: [Int]) {
    guard shape.count >= 2 else {
      let length = Double(shape.first ?? 1)
      (self.in, out) = (length, length)
      return
    }
    let window = shape.dropLast(2).reduce(1) { $0 * Double($1) }
    self.in = window * Double(shape[shape.count - 2])
    out = window * Double(shape[shape.count - 1])
  }
}

extension NDArray {
  /// A vector of `count` elements: these in row-major order, then the last one as often as needed.
  fileprivate func padded(to count: Int) -> NDArray {
    let flat = reshaped(to: [self.count])
    guard self.count < count else { return flat }
    return NDArray(uninitialized: dtype, shape: [count]) { target in
      flat.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: target[..<source.count]).copyMemory(from: source)
        let last = UnsafeRawBufferPointer(rebasing: source.suffix(dtype.byteCount))
        for offset in stride(from: source.count, to: target.count, by: dtype.byteCount) {
          UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + dtype.byteCount])
            .copyMemory(from: last)
        }
      }
    }
  }
}
