import Jacquard
import JacquardArrays

/// Losses of numbers.
extension Losses {
  /// The absolute difference |p − l|.
  ///
  /// - Parameters:
  ///   - predictions: floating-point, of any shape.
  ///   - labels: numbers of the same shape.
  ///   - weights: a number or a tensor.
  ///   - reduction: how the losses become one number.
  public static func absoluteDifference(
    predictions: Tensor, labels: Tensor, weights: any LossWeights = 1.0,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    elementwise(
      "absoluteDifference", predictions, labels, weights, reduction, file: file, line: line
    ) { abs($0 - $1) }
  }

  /// The squared difference (p − l)².
  ///
  /// - Parameters:
  ///   - predictions: floating-point, of any shape.
  ///   - labels: numbers of the same shape.
  ///   - weights: a number or a tensor.
  ///   - reduction: how the losses become one number.
  public static func meanSquaredError(
    predictions: Tensor, labels: Tensor, weights: any LossWeights = 1.0,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    elementwise(
      "meanSquaredError", predictions, labels, weights, reduction, file: file, line: line
    ) { square($0 - $1) }
  }

  /// Half the squared difference up to a difference of `delta`, and from there on linear: d·|p − l| − d²/2 (Huber 1964).
  ///
  /// - Parameters:
  ///   - predictions: floating-point, of any shape.
  ///   - labels: numbers of the same shape.
  ///   - weights: a number or a tensor.
  ///   - delta: where the loss becomes linear.
  ///   - reduction: how the losses become one number.
  public static func huber(
    predictions: Tensor, labels: Tensor, weights: any LossWeights = 1.0, delta: Double = 1,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    elementwise("huber", predictions, labels, weights, reduction, file: file, line: line) {
      let distance = abs($0 - $1)
      let quadratic = minimum(distance, delta)
      let linear = distance - quadratic
      return 0.5 * square(quadratic) + delta * linear
    }
  }

  /// The negative logarithm of the probability given to a label, −l·log(p + ε) − (1 − l)·log(1 − p + ε).
  ///
  /// Where there are logits, ``sigmoidCrossEntropy(logits:labels:weights:labelSmoothing:reduction:file:line:)`` is exact.
  ///
  /// - Parameters:
  ///   - predictions: probabilities, of any shape.
  ///   - labels: 0 or 1, or probabilities, of the same shape.
  ///   - weights: a number or a tensor.
  ///   - epsilon: keeps the logarithm from 0.
  ///   - reduction: how the losses become one number.
  public static func logLoss(
    predictions: Tensor, labels: Tensor, weights: any LossWeights = 1.0, epsilon: Double = 1e-7,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    elementwise("logLoss", predictions, labels, weights, reduction, file: file, line: line) {
      -($1 * log($0 + epsilon)) - (1 - $1) * log(1 - $0 + epsilon)
    }
  }

  /// The cosine distance 1 − Σ p·l along an axis. Neither operand is normalised: give unit vectors.
  ///
  /// - Parameters:
  ///   - predictions: unit vectors, of any shape.
  ///   - labels: unit vectors of the same shape.
  ///   - axis: the axis of the vectors, negative if counted from the end; it stays, with length 1.
  ///   - weights: a number or a tensor.
  ///   - reduction: how the losses become one number.
  public static func cosineDistance(
    predictions: Tensor, labels: Tensor, axis: Int, weights: any LossWeights = 1.0,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    elementwise("cosineDistance", predictions, labels, weights, reduction, file: file, line: line) {
      1 - ($0 * $1).sum(along: [axis], keepingDimensions: true)
    }
  }

  /// The squared difference between pairs of errors of a row: how well differences between predictions are those between labels.
  ///
  /// For a row of n errors dᵢ = pᵢ − lᵢ it is 2·(Σ dᵢ² / (n − 1) − (Σ dᵢ)² / (n·(n − 1))), where n counts those whose weight is not 0.
  ///
  /// - Parameters:
  ///   - predictions: `[batch, …]`, floating-point.
  ///   - labels: numbers of the same shape.
  ///   - weights: a number or a tensor; the loss of a row is multiplied with its weights, and added up over all.
  /// - Returns: a scalar.
  public static func meanPairwiseSquaredError(
    predictions: Tensor, labels: Tensor, weights: any LossWeights = 1.0,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let operands = LossOperands(
        loss: "Losses.meanPairwiseSquaredError", predictions: predictions, labels: labels)
      guard let labels = operands.labelsAlike() else { return operands.invalid }
      guard let rank = predictions.rank ?? labels.rank, rank >= 1 else {
        operands.reject(
          "the predictions are \(predictions.type)",
          remedy: "declare them as [batch, …], with a known rank of 1 or more")
        return operands.invalid
      }
      return predictions.graph.scope("meanPairwiseSquaredError") {
        let axes = Array(1..<rank)
        func rowSums(_ x: Tensor) -> Tensor { x.sum(along: axes, keepingDimensions: true) }
        let errors = predictions - labels
        let weights = weights.lossWeights(for: errors)
        let isCounted = (weights .!= 0).cast(to: errors.dtype)
        let count = rowSums(isCounted.broadcast(toShapeOf: errors))
        let rest = maximum(count - 1, 0)
        let squares = 2 * rowSums(square(errors)).dividedUnlessZero(by: rest)
        let means = 2 * square(rowSums(errors)).dividedUnlessZero(by: count * rest)
        return ((squares - means) * weights).sum()
      }
    }
  }
}
