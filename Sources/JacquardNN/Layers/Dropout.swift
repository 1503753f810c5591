import Jacquard
import JacquardArrays

/// `x` with elements set to 0 at random, and the others divided by the probability to stay, such that the mean stays the same
/// (Srivastava et al. 2014).
///
/// Drawn anew in each run and each iteration of a loop. Elements that are dropped have gradient 0.
///
/// ```swift
/// let keep = graph.placeholder(withDefault: graph.scalar(1, .float32), name: "keep")  // feed 0.5 in training
/// let hidden = dropout(relu(matmul(x, w)), keepProbability: keep)
/// ```
///
/// - Parameters:
///   - x: floating-point, of any shape.
///   - keepProbability: how likely an element stays: a number above 0 and up to 1, or a scalar tensor. The number 1 returns `x` itself.
///   - axes: axes along which elements stay or go together: `[1]` drops whole channels of `[batch, steps, channels]`.
///   - seed: used in place of the graph's seed.
public func dropout(
  _ x: Tensor, keepProbability: any KeepProbability, sharedAlong axes: [Int] = [],
  seed: UInt64? = nil, name: String = "dropout", file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    guard keepProbability.canDrop, !x.isInvalid else { return x }
    let graph = x.graph
    guard x.dtype.isFloatingPoint else {
      graph.diagnose(
        "there is no dropout of \(x.type)", remedy: "cast it to float32 or float64",
        op: "dropout", operands: [x])
      return graph.invalid(x.type)
    }
    // Only the shape of the sum matters, so nothing is added up.
    let noise =
      axes.isEmpty
      ? nil
      : graph.randomUniform(like: x.sum(along: axes, keepingDimensions: true), seed: seed)
    return keepProbability.dropout(x, noise: noise, seed: seed, name: name)
  }
}
