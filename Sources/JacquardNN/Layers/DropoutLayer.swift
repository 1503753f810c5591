import Jacquard
import JacquardArrays

/// In training, sets elements to 0 at random and makes the others larger, such that the mean stays (Srivastava and others 2014).
///
/// What is dropped is drawn anew for each run and element. Out of training, it does nothing.
public final class Dropout: Layer {
  /// Its name.
  public let weights: LayerWeights
  /// How likely an element is dropped.
  public let rate: Double

  private let seed: UInt64?

  /// A layer that drops elements.
  ///
  /// - Parameters:
  ///   - rate: how likely an element is dropped: 0 or more, and less than 1.
  ///   - seed: used in place of the graph's seed.
  ///   - name: the name of its scope.
  public init(_ rate: Double, seed: UInt64? = nil, name: String = "dropout") {
    self.rate = rate
    self.seed = seed
    weights = LayerWeights(name: name)
  }

  /// Whether it drops anything.
  public var usesTraining: Bool { rate != 0 }

  /// `x`, with some elements 0 if `training`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let operands = LayerOperands(self, x)
    guard !x.isInvalid else { return x }
    guard rate >= 0, rate < 1 else {
      operands.reject(
        "the rate is \(rate)", remedy: "give how likely an element is dropped: 0 to below 1")
      return operands.invalid(x.shape)
    }
    guard training else { return x }
    return dropped(x)
  }

  private func dropped(_ x: Tensor) -> Tensor {
    dropout(x, keepProbability: 1 - rate, seed: seed, name: "drop")
  }
}
