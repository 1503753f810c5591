import Jacquard
import JacquardArrays

/// Figures over many batches: the streaming metrics of `tf.metrics`.
///
/// Weights may be scalars or of the rank of what they weigh, each dimension 1 or the same; a weight of 0 leaves an element out. Source:
/// TensorFlow, python/ops/metrics_impl.py.
public enum Metrics {
  /// The mean of all elements.
  ///
  /// - Parameters:
  ///   - values: of any shape.
  ///   - weights: how much each counts; all the same for `nil`.
  public static func mean(
    _ values: Tensor, weights: Tensor? = nil, name: String = "mean",
    file: StaticString = #fileID, line: UInt = #line
  ) -> StreamingMetric {
    withSourceLocation(file, line) {
      let graph = values.graph
      guard !values.isInvalid, weights?.isInvalid != true else { return .invalid(in: graph) }
      return graph.scope(name) {
        let dtype = values.dtype == .float64 ? DType.float64 : .float32
        let numbers = values.cast(to: .float64)
        var (total, count) = (numbers.sum(), numbers.sizeTensor(dtype: .float64))
        if let weights {
          let weights = weights.metricWeights(for: numbers)
          guard !weights.isInvalid else { return .invalid(in: graph) }
          (total, count) = ((numbers * weights).sum(), weights.sum())
        }
        return StreamingMetric(
          in: graph, increments: [("total", total), ("count", count)], dtype: dtype
        ) { $0[0].dividedUnlessZero(by: maximum($0[1], 0)) }
      }
    }
  }

  /// The share of predictions that equal their labels.
  ///
  /// - Parameters:
  ///   - predictions: of any shape and element type; class numbers, for example `logits.argmax(axis: -1)`.
  ///   - labels: of the same shape; cast to the element type of the predictions.
  ///   - weights: how much each counts; all the same for `nil`.
  public static func accuracy(
    predictions: Tensor, labels: Tensor, weights: Tensor? = nil, name: String = "accuracy",
    file: StaticString = #fileID, line: UInt = #line
  ) -> StreamingMetric {
    ofPairs("accuracy", predictions, labels, weights, name, file, line) { predictions, labels in
      predictions .== labels.cast(to: predictions.dtype)
    }
  }

  /// The mean of the squared differences.
  ///
  /// - Parameters:
  ///   - predictions: numbers, of any shape.
  ///   - labels: numbers of the same shape.
  ///   - weights: how much each counts; all the same for `nil`.
  public static func meanSquaredError(
    predictions: Tensor, labels: Tensor, weights: Tensor? = nil,
    name: String = "mean_squared_error", file: StaticString = #fileID, line: UInt = #line
  ) -> StreamingMetric {
    ofPairs("meanSquaredError", predictions, labels, weights, name, file, line) {
      let dtype = $0.dtype == .float64 ? DType.float64 : .float32
      return square($0.cast(to: dtype) - $1.cast(to: dtype))
    }
  }

  /// The share of rows whose label is among the `k` likeliest classes.
  ///
  /// - Parameters:
  ///   - predictions: logits or probabilities `[batch, classes]`.
  ///   - labels: class numbers `[batch]`, int32 or int64.
  ///   - k: how many classes count.
  ///   - weights: how much each row counts, `[batch]`; all the same for `nil`.
  public static func topKAccuracy(
    predictions: Tensor, labels: Tensor, k: Int = 5, weights: Tensor? = nil,
    name: String = "top_k_accuracy", file: StaticString = #fileID, line: UInt = #line
  ) -> StreamingMetric {
    withSourceLocation(file, line) {
      mean(predictions.inTopK(k, targets: labels), weights: weights, name: name)
    }
  }

  private static func ofPairs(
    _ metric: String, _ predictions: Tensor, _ labels: Tensor, _ weights: Tensor?, _ name: String,
    _ file: StaticString, _ line: UInt, _ compare: (Tensor, Tensor) -> Tensor
  ) -> StreamingMetric {
    withSourceLocation(file, line) {
      guard let operands = MetricOperands(metric, predictions, labels, weights) else {
        return .invalid(in: predictions.graph)
      }
      return mean(
        compare(operands.predictions, operands.labels), weights: operands.weights, name: name)
    }
  }
}
