import Jacquard

/// A function that layers apply to their results, by name: `.relu`, `.softmax`, or one of one's own.
public struct ActivationFunction: Sendable {
  /// What it is called, in scopes.
  public let name: String
  private let function: @Sendable (Tensor) -> Tensor

  /// A function of one's own; it keeps the shape.
  public init(_ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    self.name = name
    self.function = function
  }

  /// Applies the function to `x`.
  public func callAsFunction(
    _ x: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) { function(x) }
  }
}

extension ActivationFunction {
  /// x itself.
  public static let linear = ActivationFunction("linear") { $0 }

  /// max(x, 0).
  public static let relu = ActivationFunction("relu") { Jacquard.relu($0) }

  /// tanh x.
  public static let tanh = ActivationFunction("tanh") { Jacquard.tanh($0) }

  /// 1 / (1 + e⁻ˣ).
  public static let sigmoid = ActivationFunction("sigmoid") { Jacquard.sigmoid($0) }

  /// 0.2·x + 0.5, cut to 0…1: an approximation of the sigmoid.
  public static let hardSigmoid = ActivationFunction("hard_sigmoid") { x in
    (0.2 * x + 0.5).clipped(to: 0...1)
  }

  /// Probabilities along the last axis.
  public static let softmax = ActivationFunction("softmax") { Jacquard.softmax($0) }

  /// x where positive, else eˣ − 1.
  public static let elu = ActivationFunction("elu") { Jacquard.elu($0) }

  /// The elu, scaled such that means and variances are kept (Klambauer and others 2017).
  public static let selu = ActivationFunction("selu") { x in
    select(x .> 0, x, 1.673_263_242_354_377_2 * (exp(minimum(x, 0)) - 1)) * 1.050_700_987_355_480_5
  }

  /// log(1 + eˣ).
  public static let softplus = ActivationFunction("softplus") { Jacquard.softplus($0) }

  /// x / (1 + |x|).
  public static let softsign = ActivationFunction("softsign") { $0 / (1 + abs($0)) }

  /// x · sigmoid(x) (Ramachandran and others 2017).
  public static let swish = ActivationFunction("swish") { $0 * Jacquard.sigmoid($0) }

  /// eˣ.
  public static let exponential = ActivationFunction("exponential") { exp($0) }
}

/// A layer that applies a function to each element.
public final class Activation: Layer {
  /// Its name.
  public let weights: LayerWeights
  /// The function.
  public let function: ActivationFunction

  /// A layer that applies `function`.
  public init(_ function: ActivationFunction, name: String = "activation") {
    self.function = function
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// The function of each element of `x`.
  public func apply(to x: Tensor, training: Bool) -> Tensor { function(x) }
}
