import Jacquard
import JacquardArrays

/// A figure over many batches, kept in variables, as those of `tf.metrics`.
///
/// ```swift
/// let accuracy = Metrics.accuracy(predictions: logits.argmax(axis: -1), labels: labels)
/// try session.run(accuracy.reset)
/// for batch in batches { try session.run(accuracy.update, feeding: …) }
/// let share: Float = try session.run(accuracy.value)
/// ```
///
/// The variables are float64, so that counts stay exact, are not trained, and start at 0 with the other variables.
public struct StreamingMetric: Sendable {
  /// The figure over the batches before this run: a scalar; 0 before the first.
  public let value: Tensor
  /// Takes in the batch that is fed; its result is the figure with it.
  public let update: Tensor
  /// Forgets all batches.
  public let reset: Operation
  /// What is kept between runs.
  public let variables: [Variable]
}

extension StreamingMetric {
  /// A metric computed from totals that grow by `increments`, named float64 tensors.
  ///
  /// - Parameter figure: the figure for given totals.
  init(
    in graph: Graph, increments: [(name: String, tensor: Tensor)], dtype: DType,
    _ figure: ([Tensor]) -> Tensor
  ) {
    let variables = increments.map { increment in
      graph.variable(
        .zeros, increment.tensor.shape.known ?? [], dtype: .float64, name: increment.name,
        trainable: false)
    }
    self.variables = variables
    value = graph.scope("value") { figure(variables).cast(to: dtype) }
    update = graph.scope("update") {
      let totals = zip(variables, increments).map { $0.assignAdd($1.tensor).result }
      return figure(totals).cast(to: dtype)
    }
    reset = graph.initializer(of: variables)
  }

  /// What to return where nothing can be built.
  static func invalid(in graph: Graph) -> StreamingMetric {
    let invalid = graph.invalid(TensorType(.float32, .scalar))
    return StreamingMetric(
      value: invalid, update: invalid, reset: graph.group([]), variables: [])
  }
}
