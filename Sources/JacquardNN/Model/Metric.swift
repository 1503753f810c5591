import Jacquard
import JacquardArrays

/// What a model reports besides its loss: a mean over examples.
public struct Metric: Sendable {
  /// What it is called in logs.
  public let name: String
  private let function: @Sendable (_ labels: Tensor, _ output: Tensor) -> Tensor

  /// A metric of one's own.
  ///
  /// - Parameters:
  ///   - name: what it is called in logs.
  ///   - function: a number, or truth value, for each example, `[batch]` or `[batch, …]`, from labels and the model's output. The
  ///     mean over all examples is reported.
  public init(
    _ name: String, _ function: @escaping @Sendable (_ labels: Tensor, _ output: Tensor) -> Tensor
  ) {
    self.name = name
    self.function = function
  }

  /// The mean over the examples of the batch, a scalar.
  func mean(labels: Tensor, output: Tensor) -> Tensor {
    output.graph.scope(name) {
      let values = function(labels, output)
      return (values.dtype.isFloatingPoint ? values : values.cast(to: .float32)).mean()
    }
  }
}

extension Metric {
  /// How often the output says what the labels say; what that means follows from the labels and the output.
  ///
  /// With labels of one class number each, or one-hot, it is how often that class has the largest output; with a single
  /// output, how often it is on the label's side of 0.5.
  public static let accuracy = Metric("accuracy") { labels, output in
    if let rank = output.rank, labels.rank == rank - 1 { return hits(labels, output) }
    if output.shape[-1] == 1 { return sides(labels, output) }
    return hits(labels.argmax(axis: -1), output)
  }

  /// How often the class of the label, one-hot, has the largest output.
  public static let categoricalAccuracy = Metric("categorical_accuracy") { labels, output in
    hits(labels.argmax(axis: -1), output)
  }

  /// How often the class whose number is the label has the largest output.
  public static let sparseCategoricalAccuracy = Metric("sparse_categorical_accuracy") {
    labels, output in hits(labels, output)
  }

  /// How often outputs are on their labels' side of 0.5.
  public static let binaryAccuracy = Metric("binary_accuracy") { labels, output in
    sides(labels, output)
  }

  /// How often the label's class, one-hot or a number, is among the `count` largest outputs.
  public static func topKAccuracy(_ count: Int = 5) -> Metric {
    Metric("top_\(count)_accuracy") { labels, output in
      let isNumber = output.rank.map { labels.rank == $0 - 1 } ?? false
      return output.inTopK(count, targets: isNumber ? labels : labels.argmax(axis: -1))
    }
  }

  /// |output − labels|.
  public static let meanAbsoluteError = Metric("mean_absolute_error") { abs($1 - $0) }

  /// (output − labels)².
  public static let meanSquaredError = Metric("mean_squared_error") { square($1 - $0) }

  private static func hits(_ classes: Tensor, _ output: Tensor) -> Tensor {
    let predicted = output.argmax(axis: -1)
    return predicted .== classes.cast(to: predicted.dtype)
  }

  private static func sides(_ labels: Tensor, _ output: Tensor) -> Tensor {
    (output .> 0.5) .== (labels .> 0.5)
  }
}
