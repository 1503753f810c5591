import Jacquard
import JacquardArrays

/// What a model is trained to make small: a function of the labels and the model's output.
///
/// ```swift
/// model.compile(optimizer: .adam, loss: .sparseCategoricalCrossentropy, metrics: [.accuracy])
/// ```
public struct Loss: Sendable {
  /// What labels look like.
  public enum LabelForm: String, Sendable, Hashable, Codable {
    /// The shape and the element type of the output.
    case likeOutput
    /// The number of a class in place of the last axis of the output, int64.
    case classes
  }

  /// What it is called.
  public let name: String
  /// What labels look like.
  public let labelForm: LabelForm
  private let function: @Sendable (_ labels: Tensor, _ output: Tensor) -> Tensor

  /// A loss of one's own.
  ///
  /// - Parameters:
  ///   - name: what it is called, in scopes.
  ///   - labelForm: what labels look like.
  ///   - function: the loss of each example, `[batch]` or `[batch, …]`, from labels and the model's output. The model takes the mean.
  public init(
    _ name: String, labelForm: LabelForm = .likeOutput,
    _ function: @escaping @Sendable (_ labels: Tensor, _ output: Tensor) -> Tensor
  ) {
    self.name = name
    self.labelForm = labelForm
    self.function = function
  }

  /// The loss of each example.
  public func callAsFunction(
    labels: Tensor, output: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      output.graph.scope(name) { function(labels, output) }
    }
  }
}

extension Loss {
  /// −Σ labels · log output over the last axis: labels are one-hot, outputs are probabilities.
  ///
  /// If the output comes from a softmax, its logits are used, which is exact for any of them.
  public static var categoricalCrossentropy: Loss { categoricalCrossentropy(fromLogits: false) }

  /// The same; if `fromLogits`, outputs are logits instead of probabilities.
  public static func categoricalCrossentropy(fromLogits: Bool) -> Loss {
    Loss("categorical_crossentropy") { labels, output in
      if let logits = fromLogits ? output : output.softmaxLogits {
        return softmaxCrossEntropy(logits: logits, labels: labels)
      }
      let total = output.sum(along: [-1], keepingDimensions: true)
      return -(labels * log((output / total).clipped(to: probabilities))).sum(along: [-1])
    }
  }

  /// −log of the output for the label's class: labels are the numbers of classes, outputs are probabilities.
  ///
  /// If the output comes from a softmax, its logits are used, which is exact for any of them.
  public static var sparseCategoricalCrossentropy: Loss {
    sparseCategoricalCrossentropy(fromLogits: false)
  }

  /// The same; if `fromLogits`, outputs are logits instead of probabilities.
  public static func sparseCategoricalCrossentropy(fromLogits: Bool) -> Loss {
    Loss("sparse_categorical_crossentropy", labelForm: .classes) { labels, output in
      let logits =
        fromLogits ? output : output.softmaxLogits ?? log(output.clipped(to: probabilities))
      return sparseSoftmaxCrossEntropy(logits: logits, labels: labels)
    }
  }

  /// −labels · log output − (1 − labels) · log(1 − output), mean over the last axis: classes that do not exclude each other.
  ///
  /// If the output comes from a sigmoid, its logits are used, which is exact for any of them.
  public static var binaryCrossentropy: Loss { binaryCrossentropy(fromLogits: false) }

  /// The same; if `fromLogits`, outputs are logits instead of probabilities.
  public static func binaryCrossentropy(fromLogits: Bool) -> Loss {
    Loss("binary_crossentropy") { labels, output in
      if let logits = fromLogits ? output : output.sigmoidLogits {
        return sigmoidCrossEntropy(logits: logits, labels: labels).mean(along: [-1])
      }
      let p = output.clipped(to: probabilities)
      return -(labels * log(p) + (1 - labels) * log(1 - p)).mean(along: [-1])
    }
  }

  /// (output − labels)², mean over the last axis.
  public static let meanSquaredError = Loss("mean_squared_error") { labels, output in
    square(output - labels).mean(along: [-1])
  }

  /// |output − labels|, mean over the last axis.
  public static let meanAbsoluteError = Loss("mean_absolute_error") { labels, output in
    abs(output - labels).mean(along: [-1])
  }

  /// Squared up to `delta` from the label, linear beyond, mean over the last axis (Huber 1964).
  public static func huber(delta: Double = 1) -> Loss {
    Loss("huber") { labels, output in
      let error = abs(output - labels)
      let near = minimum(error, delta)
      return (near * (error - near / 2)).mean(along: [-1])
    }
  }

  /// The Kullback–Leibler divergence of the output from the labels, both probabilities along the last axis.
  public static let kullbackLeiblerDivergence = Loss("kullback_leibler_divergence") {
    labels, output in
    let (p, q) = (labels.clipped(to: 1e-7...1), output.clipped(to: 1e-7...1))
    return (p * log(p / q)).sum(along: [-1])
  }

  /// Where logarithms are taken of probabilities that no softmax or sigmoid is known for; the bounds are those of Keras.
  private static let probabilities = 1e-7...1 - 1e-7
}

extension Tensor {
  /// What it is the softmax of along the last axis, if it is one.
  var softmaxLogits: Tensor? {
    // A number of another axis may be the last one, too.
    argument(of: "Softmax") { attributes, rank in
      attributes == "axis: -1" || attributes == "axis: \(rank - 1)"
    }
  }

  /// What it is the sigmoid of, if it is one.
  var sigmoidLogits: Tensor? { argument(of: "Sigmoid") { _, _ in true } }

  private func argument(of op: String, where fits: (String, Int) -> Bool) -> Tensor? {
    guard let operation, Swift.type(of: operation.op).name == op, let rank,
      fits(operation.op.attributeDescription, rank)
    else { return nil }
    return operation.operands.first
  }
}
