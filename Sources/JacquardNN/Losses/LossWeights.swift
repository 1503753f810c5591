import Jacquard
import JacquardArrays

/// What losses are multiplied with: a number, or a tensor that broadcasts to them.
public protocol LossWeights: Sendable {
  /// The weights as a tensor of the element type of `losses`, which may yet have to be broadcast; invalid, with a diagnostic, if they
  /// cannot fit.
  func lossWeights(for losses: Tensor) -> Tensor
}

extension Double: LossWeights {
  /// A constant.
  public func lossWeights(for losses: Tensor) -> Tensor {
    losses.graph.scalar(self, losses.dtype)
  }
}

extension Int: LossWeights {
  /// A constant.
  public func lossWeights(for losses: Tensor) -> Tensor {
    Double(self).lossWeights(for: losses)
  }
}

extension Tensor: LossWeights {
  /// The tensor itself, cast; a diagnostic unless it is a scalar or of the losses' rank, each dimension 1 or theirs.
  public func lossWeights(for losses: Tensor) -> Tensor {
    var fits = true
    if let mine = shape.dimensions, let theirs = losses.shape.dimensions, !mine.isEmpty {
      let pairs = zip(mine, theirs)
      fits =
        mine.count == theirs.count
        && pairs.allSatisfy { $0 == nil || $1 == nil || $0 == 1 || $0 == $1 }
    }
    guard fits else {
      if !isInvalid && !losses.isInvalid {
        graph.diagnose(
          "weights of shape \(shape) do not fit losses of shape \(losses.shape)",
          remedy:
            "give a scalar, or weights of the same rank whose dimensions are 1 or the losses'",
          op: "LossWeights", operands: [self, losses])
      }
      return losses.graph.invalid(TensorType(losses.dtype, .unknown))
    }
    return cast(to: losses.dtype)
  }
}
