import Jacquard
import JacquardArrays

/// Figures made of true and false positives and negatives.
extension Metrics {
  /// The share of what is predicted as positive that is: true positives over all positives predicted; 0 if there are none.
  ///
  /// - Parameters:
  ///   - predictions: bools, or numbers of which all but 0 are positive; of any shape.
  ///   - labels: bools or numbers of the same shape.
  ///   - weights: how much each counts; all the same for `nil`.
  public static func precision(
    predictions: Tensor, labels: Tensor, weights: Tensor? = nil, name: String = "precision",
    file: StaticString = #fileID, line: UInt = #line
  ) -> StreamingMetric {
    shareOfPositives(
      "precision", predictions, labels, weights, name, of: "false_positives", file, line
    ) { logicalAnd($0, logicalNot($1)) }
  }

  /// The share of what is positive that is predicted as such: true positives over all positive labels; 0 if there are none.
  ///
  /// - Parameters:
  ///   - predictions: bools, or numbers of which all but 0 are positive; of any shape.
  ///   - labels: bools or numbers of the same shape.
  ///   - weights: how much each counts; all the same for `nil`.
  public static func recall(
    predictions: Tensor, labels: Tensor, weights: Tensor? = nil, name: String = "recall",
    file: StaticString = #fileID, line: UInt = #line
  ) -> StreamingMetric {
    shareOfPositives(
      "recall", predictions, labels, weights, name, of: "false_negatives", file, line
    ) { logicalAnd(logicalNot($0), $1) }
  }

  /// The area under the receiver operating characteristic, by trapezoids between equally spaced thresholds: how likely a positive
  /// is predicted above a negative.
  ///
  /// - Parameters:
  ///   - predictions: probabilities, floating-point, of any shape.
  ///   - labels: bools or numbers of the same shape.
  ///   - thresholds: how many thresholds there are, 2 to a million. The first is below 0, the last above 1.
  ///   - weights: how much each counts; all the same for `nil`.
  public static func areaUnderCurve(
    predictions: Tensor, labels: Tensor, thresholds: Int = 200, weights: Tensor? = nil,
    name: String = "auc", file: StaticString = #fileID, line: UInt = #line
  ) -> StreamingMetric {
    withSourceLocation(file, line) {
      let graph = predictions.graph
      guard let operands = MetricOperands("areaUnderCurve", predictions, labels, weights) else {
        return .invalid(in: graph)
      }
      guard predictions.dtype.isFloatingPoint, thresholdRange.contains(thresholds) else {
        graph.diagnose(
          "the predictions are \(predictions.type), and there are \(thresholds) thresholds",
          remedy: "give floating-point probabilities, and 2 to a million thresholds",
          op: "Metrics.areaUnderCurve", operands: [predictions, labels])
        return .invalid(in: graph)
      }
      return graph.scope(name) {
        let counts = thresholdCounts(of: operands, thresholds, in: graph)
        return StreamingMetric(in: graph, increments: counts, dtype: .float32) { totals in
          area(
            truePositives: totals[0], falsePositives: totals[1], trueNegatives: totals[2],
            falseNegatives: totals[3], count: thresholds)
        }
      }
    }
  }

  private static let thresholdRange = 2...1_000_000

  private static func shareOfPositives(
    _ metric: String, _ predictions: Tensor, _ labels: Tensor, _ weights: Tensor?, _ name: String,
    of mistakes: String, _ file: StaticString, _ line: UInt,
    _ isMistaken: (_ prediction: Tensor, _ label: Tensor) -> Tensor
  ) -> StreamingMetric {
    withSourceLocation(file, line) {
      let graph = predictions.graph
      guard let operands = MetricOperands(metric, predictions, labels, weights) else {
        return .invalid(in: graph)
      }
      return graph.scope(name) {
        let prediction = operands.predictions.cast(to: .bool)
        let label = operands.labels.cast(to: .bool)
        func total(_ condition: Tensor) -> Tensor {
          let counted = condition.cast(to: .float64)
          return (operands.weights.map { counted * $0 } ?? counted).sum()
        }
        let increments = [
          ("true_positives", total(logicalAnd(prediction, label))),
          (mistakes, total(isMistaken(prediction, label))),
        ]
        return StreamingMetric(in: graph, increments: increments, dtype: .float32) {
          $0[0].dividedUnlessZero(by: $0[0] + $0[1])
        }
      }
    }
  }

  /// For each threshold the true and false positives and negatives of a batch.
  private static func thresholdCounts(
    of operands: MetricOperands, _ count: Int, in graph: Graph
  ) -> [(name: String, tensor: Tensor)] {
    // TensorFlow's distance of the outer thresholds from 0 and 1.
    let margin = 1e-7
    let inner = (1..<count - 1).map { Double($0) / Double(count - 1) }
    let predictions = operands.predictions
    let levels = NDArray([-margin] + inner + [1 + margin], shape: [count, 1])
    let thresholds = graph.constant(levels.converted(to: predictions.dtype))
    let isPositive = predictions.reshaped(to: [-1]).expandingDimensions(at: 0) .> thresholds
    let label = operands.labels.cast(to: .bool).reshaped(to: [-1]).expandingDimensions(at: 0)
    let weights = operands.weights?.reshaped(to: [-1]).expandingDimensions(at: 0)
    func total(_ condition: Tensor) -> Tensor {
      let counted = condition.cast(to: .float64)
      return (weights.map { counted * $0 } ?? counted).sum(along: [1])
    }
    let isNegative = logicalNot(isPositive)
    let notLabel = logicalNot(label)
    return [
      ("true_positives", total(logicalAnd(isPositive, label))),
      ("false_positives", total(logicalAnd(isPositive, notLabel))),
      ("true_negatives", total(logicalAnd(isNegative, notLabel))),
      ("false_negatives", total(logicalAnd(isNegative, label))),
    ]
  }

  private static func area(
    truePositives: Tensor, falsePositives: Tensor, trueNegatives: Tensor, falseNegatives: Tensor,
    count: Int
  ) -> Tensor {
    // Keeps the rates from 0/0, as in TensorFlow.
    let epsilon = 1e-6
    let recall = (truePositives + epsilon) / (truePositives + falseNegatives + epsilon)
    let fallout = falsePositives / (falsePositives + trueNegatives + epsilon)
    func left(_ x: Tensor) -> Tensor { x.slice(axis: 0, range: 0..<count - 1) }
    func right(_ x: Tensor) -> Tensor { x.slice(axis: 0, range: 1..<count) }
    let heights = (left(recall) + right(recall)) / 2
    return ((left(fallout) - right(fallout)) * heights).sum()
  }
}
