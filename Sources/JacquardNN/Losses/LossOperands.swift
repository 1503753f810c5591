import Jacquard
import JacquardArrays

/// What a loss compares: predictions (or logits) and labels.
struct LossOperands {
  /// The name of the loss, for diagnostics.
  let loss: String
  let predictions: Tensor
  let labels: Tensor

  /// Whether the predictions are floating-point; a diagnostic if not, quiet for invalid operands.
  func areFloatingPoint() -> Bool {
    guard !predictions.isInvalid, !labels.isInvalid else { return false }
    if predictions.dtype.isFloatingPoint { return true }
    reject(
      "the predictions are \(predictions.type)",
      remedy: "cast them to a floating-point dtype with .cast(to:)")
    return false
  }

  /// The labels in the element type of the predictions, if both have one shape; a diagnostic if not.
  func labelsAlike() -> Tensor? {
    guard areFloatingPoint() else { return nil }
    guard predictions.shape.isCompatible(with: labels.shape) else {
      reject(
        "the predictions are of shape \(predictions.shape), the labels of shape \(labels.shape)",
        remedy: "give one label for each prediction")
      return nil
    }
    return labels.cast(to: predictions.dtype)
  }

  /// What to return where nothing can be built.
  var invalid: Tensor {
    let dtype = predictions.dtype
    return predictions.graph.invalid(
      TensorType(dtype.isFloatingPoint ? dtype : .float32, .unknown))
  }

  func reject(_ message: String, remedy: String) {
    predictions.graph.diagnose(
      message, remedy: remedy, op: loss, operands: [predictions, labels])
  }
}

extension Losses {
  /// Builds a loss of predictions and labels of one shape in a scope of its own.
  static func elementwise(
    _ name: String, _ predictions: Tensor, _ labels: Tensor, _ weights: any LossWeights,
    _ reduction: Reduction, file: StaticString, line: UInt,
    _ losses: (_ predictions: Tensor, _ labels: Tensor) -> Tensor
  ) -> Tensor {
    withSourceLocation(file, line) {
      let operands = LossOperands(
        loss: "Losses.\(name)", predictions: predictions, labels: labels)
      guard let labels = operands.labelsAlike() else { return operands.invalid }
      return predictions.graph.scope(name) {
        weighted(losses(predictions, labels), weights: weights, reduction: reduction)
      }
    }
  }
}
