import Jacquard
import JacquardArrays

/// Losses of classes.
extension Losses {
  /// The hinge loss max(0, 1 − (2l − 1)·x).
  ///
  /// - Parameters:
  ///   - logits: of any shape; positive for class 1.
  ///   - labels: 0 or 1, of the same shape.
  ///   - weights: a number or a tensor.
  ///   - reduction: how the losses become one number.
  public static func hinge(
    logits: Tensor, labels: Tensor, weights: any LossWeights = 1.0,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    elementwise("hinge", logits, labels, weights, reduction, file: file, line: line) {
      relu(1 - (2 * $1 - 1) * $0)
    }
  }

  /// The cross entropy of labels with the sigmoids of logits, for classes that do not exclude each other.
  ///
  /// - Parameters:
  ///   - logits: of any shape.
  ///   - labels: 0 or 1, or probabilities, of the same shape.
  ///   - weights: a number or a tensor.
  ///   - labelSmoothing: s in l·(1 − s) + s/2, which replaces the label l; from 0 to 1.
  ///   - reduction: how the losses become one number.
  public static func sigmoidCrossEntropy(
    logits: Tensor, labels: Tensor, weights: any LossWeights = 1.0, labelSmoothing: Double = 0,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    elementwise("sigmoidCrossEntropy", logits, labels, weights, reduction, file: file, line: line) {
      logits, labels in
      guard let share = share(ofSmoothing: labelSmoothing, logits, "sigmoidCrossEntropy") else {
        return logits.graph.invalid(logits.type)
      }
      let smooth = share == 0 ? labels : labels * (1 - share) + 0.5 * share
      return Jacquard.sigmoidCrossEntropy(logits: logits, labels: smooth)
    }
  }

  /// The cross entropy of rows of label probabilities with the softmax of logits.
  ///
  /// No gradient flows to the labels, as in TensorFlow.
  ///
  /// - Parameters:
  ///   - logits: `[batch, classes]`, or with more leading axes.
  ///   - labels: probabilities of the same shape, usually one-hot.
  ///   - weights: a number, or a tensor for losses of shape `[batch]`.
  ///   - labelSmoothing: s in l·(1 − s) + s/classes, which replaces the label l; from 0 to 1.
  ///   - reduction: how the losses become one number.
  public static func softmaxCrossEntropy(
    logits: Tensor, labels: Tensor, weights: any LossWeights = 1.0, labelSmoothing: Double = 0,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let operands = LossOperands(
        loss: "Losses.softmaxCrossEntropy", predictions: logits, labels: labels)
      guard let labels = operands.labelsAlike() else { return operands.invalid }
      return logits.graph.scope("softmaxCrossEntropy") {
        guard let share = share(ofSmoothing: labelSmoothing, logits, "softmaxCrossEntropy") else {
          return operands.invalid
        }
        var labels = stopGradient(labels)
        if share != 0 {
          let classes = logits.sizeTensor(along: [-1], dtype: logits.dtype)
          labels = labels * (1 - share) + share / classes
        }
        let losses = Jacquard.softmaxCrossEntropy(logits: logits, labels: labels)
        return weighted(losses, weights: weights, reduction: reduction)
      }
    }
  }

  /// The cross entropy of class numbers with the softmax of logits.
  ///
  /// - Parameters:
  ///   - logits: `[batch, classes]`, or with more leading axes.
  ///   - labels: class numbers `[batch]`, or `[batch, 1]`; one outside `0..<classes` fails the run.
  ///   - weights: a number, or a tensor for losses of shape `[batch]`, which may have a last axis of length 1 more.
  ///   - reduction: how the losses become one number.
  public static func sparseSoftmaxCrossEntropy(
    logits: Tensor, labels: Tensor, weights: any LossWeights = 1.0,
    reduction: Reduction = .sumByNonzeroWeights, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let operands = LossOperands(
        loss: "Losses.sparseSoftmaxCrossEntropy", predictions: logits, labels: labels)
      guard operands.areFloatingPoint() else { return operands.invalid }
      return logits.graph.scope("sparseSoftmaxCrossEntropy") {
        let labels = labels.squeezed(toRank: logits.rank.map { $0 - 1 })
        var weights = weights
        if let tensor = weights as? Tensor { weights = tensor.squeezed(toRank: labels.rank) }
        let losses = Jacquard.sparseSoftmaxCrossEntropy(logits: logits, labels: labels)
        return weighted(losses, weights: weights, reduction: reduction)
      }
    }
  }

  /// The share of a label that smoothing spreads over all classes; `nil`, after a diagnostic, if it is none.
  private static func share(
    ofSmoothing smoothing: Double, _ logits: Tensor, _ loss: String
  ) -> Double? {
    if smoothing >= 0 && smoothing <= 1 { return smoothing }
    logits.graph.diagnose(
      "the label smoothing is \(smoothing)", remedy: "give a number from 0 to 1",
      op: "Losses.\(loss)", operands: [logits])
    return nil
  }
}

extension Tensor {
  /// This tensor without its last axis, if that is of length 1, and one too many.
  func squeezed(toRank wanted: Int?) -> Tensor {
    guard let rank, let wanted, rank == wanted + 1, (shape[-1] ?? 1) == 1 else { return self }
    return squeezed(axis: -1)
  }
}
