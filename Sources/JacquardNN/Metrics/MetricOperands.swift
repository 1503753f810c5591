import Jacquard
import JacquardArrays

/// What a metric compares, brought to one shape as in TensorFlow.
struct MetricOperands {
  let predictions: Tensor
  let labels: Tensor
  /// float64, broadcast to the predictions.
  let weights: Tensor?

  /// The operands, if they fit; a diagnostic, or quiet for invalid ones, if not.
  ///
  /// A last axis of length 1 that only one has goes away. Weights get one at the end if they lack one, and lose one they have too many.
  init?(_ metric: String, _ predictions: Tensor, _ labels: Tensor, _ weights: Tensor?) {
    let all = [predictions, labels] + (weights.map { [$0] } ?? [])
    guard !all.contains(where: \.isInvalid) else { return nil }
    let squeezedPredictions = predictions.squeezed(toRank: labels.rank)
    let squeezedLabels = labels.squeezed(toRank: squeezedPredictions.rank)
    guard squeezedPredictions.shape.isCompatible(with: squeezedLabels.shape) else {
      predictions.graph.diagnose(
        "the predictions are of shape \(predictions.shape), the labels of shape \(labels.shape)",
        remedy: "give one label for each prediction", op: "Metrics.\(metric)",
        operands: [predictions, labels])
      return nil
    }
    self.predictions = squeezedPredictions
    self.labels = squeezedLabels
    self.weights = weights.map { $0.metricWeights(for: squeezedPredictions) }
    if self.weights?.isInvalid == true { return nil }
  }
}

extension Tensor {
  /// These weights as float64, broadcast to the shape of `values`.
  func metricWeights(for values: Tensor) -> Tensor {
    guard rank != 0 else { return cast(to: .float64).broadcast(toShapeOf: values) }
    var weights = squeezed(toRank: values.rank)
    if let mine = weights.rank, let wanted = values.rank, mine == wanted - 1, mine > 0 {
      weights = weights.expandingDimensions(at: -1)
    }
    // The rule of losses, which only looks at the shape here.
    let pattern = zeros(like: values, dtype: .float64)
    return weights.lossWeights(for: pattern).broadcast(toShapeOf: values)
  }
}
