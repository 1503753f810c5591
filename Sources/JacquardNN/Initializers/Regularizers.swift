import Jacquard

/// Penalties on the size of variables, for `graph.variableScope(_:regularizer:)`.
///
/// ```swift
/// graph.variableScope("encoder", regularizer: Regularizers.l2(1e-4)) { … }
/// let cost = graph.regularizationLosses.reduce(crossEntropy, +)
/// ```
public enum Regularizers {
  /// `scale · ∑w² / 2`: its gradient is `scale · w`.
  public static func l2(_ scale: Double) -> @Sendable (Tensor) -> Tensor {
    { weights in square(weights).sum() * (scale / 2) }
  }

  /// `scale · ∑|w|`.
  public static func l1(_ scale: Double) -> @Sendable (Tensor) -> Tensor {
    { weights in abs(weights).sum() * scale }
  }

  /// The sum of several penalties.
  public static func sum(
    _ regularizers: [@Sendable (Tensor) -> Tensor]
  ) -> @Sendable (Tensor) -> Tensor {
    { weights in
      regularizers.dropFirst().reduce(regularizers.first?(weights) ?? zero(weights)) {
        $0 + $1(weights)
      }
    }
  }

  private static func zero(_ weights: Tensor) -> Tensor { weights.graph.scalar(0, weights.dtype) }
}
