import Jacquard
import JacquardArrays

/// The share of predictions that equal their labels, a float32 scalar.
///
/// - Parameters:
///   - predictions: of any shape and element type; class numbers, for example `logits.argmax(axis: -1)`.
///   - labels: of the same shape; cast to the element type of the predictions.
public func accuracy(
  predictions: Tensor, labels: Tensor, name: String = "accuracy", file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  share("accuracy", predictions, labels, name, file, line) { predictions, labels in
    predictions .== labels.cast(to: predictions.dtype)
  }
}

/// The share of probabilities on the side of the threshold that their labels say, a float32 scalar.
///
/// - Parameters:
///   - predictions: probabilities, floating-point, of any shape; for logits, a threshold of 0 does as well.
///   - labels: 0 or 1, or bools, of the same shape.
///   - threshold: above it is 1.
public func binaryAccuracy(
  predictions: Tensor, labels: Tensor, threshold: Double = 0.5, name: String = "binary_accuracy",
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  share("binaryAccuracy", predictions, labels, name, file, line) {
    ($0 .> threshold) .== $1.cast(to: .bool)
  }
}

/// The share of rows whose likeliest class is that of a one-hot label, a float32 scalar.
///
/// - Parameters:
///   - predictions: logits or probabilities, `[…, classes]`.
///   - labels: one-hot, or probabilities, of the same shape.
public func categoricalAccuracy(
  predictions: Tensor, labels: Tensor, name: String = "categorical_accuracy",
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  share("categoricalAccuracy", predictions, labels, name, file, line) {
    $0.argmax(axis: -1) .== $1.argmax(axis: -1)
  }
}

/// The share of rows whose likeliest class is the one of that number, a float32 scalar.
///
/// - Parameters:
///   - predictions: logits or probabilities, `[…, classes]`.
///   - labels: class numbers, `[…]`, or `[…, 1]`.
public func sparseCategoricalAccuracy(
  predictions: Tensor, labels: Tensor, name: String = "sparse_categorical_accuracy",
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    let classes = predictions.argmax(axis: -1)
    return share("sparseCategoricalAccuracy", classes, labels, name, file, line) {
      $0 .== $1.cast(to: .int64)
    }
  }
}

/// The share of rows whose label is among the `k` likeliest classes, a float32 scalar.
///
/// - Parameters:
///   - predictions: logits or probabilities, `[batch, classes]`.
///   - labels: class numbers `[batch]`, int32 or int64.
///   - k: how many classes count.
public func topKAccuracy(
  predictions: Tensor, labels: Tensor, k: Int = 5, name: String = "top_k_accuracy",
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    predictions.graph.scope(name) {
      predictions.inTopK(k, targets: labels).cast(to: .float32).mean()
    }
  }
}

private func share(
  _ metric: String, _ predictions: Tensor, _ labels: Tensor, _ name: String,
  _ file: StaticString, _ line: UInt, _ isRight: (Tensor, Tensor) -> Tensor
) -> Tensor {
  withSourceLocation(file, line) {
    let graph = predictions.graph
    guard let operands = MetricOperands(metric, predictions, labels, nil) else {
      return graph.invalid(TensorType(.float32, .scalar))
    }
    return graph.scope(name) {
      isRight(operands.predictions, operands.labels).cast(to: .float32).mean()
    }
  }
}
