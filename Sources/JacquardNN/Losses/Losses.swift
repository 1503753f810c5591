import Jacquard
import JacquardArrays

/// The losses of `tf.losses`: computed for each element or row, weighted, and reduced to a scalar.
///
/// ```swift
/// let loss = Losses.softmaxCrossEntropy(logits: logits, labels: oneHot, labelSmoothing: 0.1)
/// let masked = Losses.meanSquaredError(predictions: y, labels: target, weights: mask)
/// ```
///
/// Weights are a number or a tensor, which may be a scalar or of the losses' rank, each dimension 1 or theirs. Labels are cast to the
/// element type of the predictions. Source: TensorFlow, python/ops/losses/losses_impl.py.
public enum Losses {
  /// How weighted losses become one number. Dividing nothing by nothing gives 0.
  public enum Reduction: Sendable, Hashable, CaseIterable {
    /// They do not: the weighted losses.
    case none
    /// Their sum.
    case sum
    /// Their sum over the sum of the weights.
    case mean
    /// Their sum over the number of losses.
    case sumOverBatchSize
    /// Their sum over the number of losses whose weight is not 0.
    case sumByNonzeroWeights

    /// TensorFlow's older name for ``sumByNonzeroWeights``.
    public static let sumOverNonzeroWeights = Reduction.sumByNonzeroWeights
  }

  /// Weighs and reduces losses of any kind, as `tf.losses.compute_weighted_loss`.
  ///
  /// - Parameters:
  ///   - losses: floating-point, of any shape.
  ///   - weights: a number or a tensor.
  ///   - reduction: how they become one number.
  /// - Returns: a scalar, or for ``Reduction/none`` the weighted losses.
  public static func weighted(
    _ losses: Tensor, weights: any LossWeights = 1.0,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      guard !losses.isInvalid else { return losses }
      guard losses.dtype.isFloatingPoint else {
        losses.graph.diagnose(
          "the losses are \(losses.type)", remedy: "cast them to a floating-point dtype",
          op: "Losses.weighted", operands: [losses])
        return losses.graph.invalid(TensorType(.float32, .scalar))
      }
      return losses.graph.scope("weighted_loss") {
        let weights = weights.lossWeights(for: losses)
        let weighted = losses * weights.spread(over: losses)
        switch reduction {
        case .none: return weighted
        case .sum: return weighted.sum()
        case .mean: return weighted.sum().dividedUnlessZero(by: weights.total(like: losses))
        case .sumOverBatchSize:
          return weighted.sum().dividedUnlessZero(by: losses.sizeTensor(dtype: losses.dtype))
        case .sumByNonzeroWeights:
          let isCounted = (weights .!= 0).cast(to: losses.dtype)
          return weighted.sum().dividedUnlessZero(by: isCounted.total(like: losses))
        }
      }
    }
  }
}

extension Tensor {
  /// These weights, broadcast to the shape of `losses` unless they surely do by themselves.
  ///
  /// What is fed may turn out not to fit: weights of length 5 would make 5 losses of one.
  fileprivate func spread(over losses: Tensor) -> Tensor {
    guard let mine = shape.dimensions else { return broadcast(toShapeOf: losses) }
    let isSurelyThin =
      mine.isEmpty
      || mine.count == losses.rank
        && mine.indices.allSatisfy {
          mine[$0] == 1 || (mine[$0] != nil && mine[$0] == losses.shape[$0])
        }
    return isSurelyThin ? self : broadcast(toShapeOf: losses)
  }

  /// The sum of the elements once broadcast to the shape of `other`.
  fileprivate func total(like other: Tensor) -> Tensor {
    rank == 0
      ? self * other.sizeTensor(dtype: dtype) : broadcast(toShapeOf: other).sum()
  }

  /// This divided by `count`; 0 where that is 0, with gradients of 0.
  func dividedUnlessZero(by count: Tensor) -> Tensor {
    let isZero = count .== 0
    return select(isZero, 0, self / select(isZero, 1, count))
  }
}
