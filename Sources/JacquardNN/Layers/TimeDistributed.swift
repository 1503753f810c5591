import Jacquard
import JacquardArrays

/// Applies one layer, with one set of weights, to every step of a sequence.
///
/// Weights: those of the layer, `time_distributed/dense/kernel`.
public final class TimeDistributed: Layer {
  /// Its name.
  public let weights: LayerWeights
  /// What is applied to every step.
  public let layer: any Layer

  /// A layer that applies `layer` to every step.
  public init(_ layer: any Layer, name: String = "time_distributed") {
    self.layer = layer
    weights = LayerWeights(name: name)
  }

  /// The layer.
  public var sublayers: [any Layer] { [layer] }

  /// Whether the layer behaves differently in training.
  public var usesTraining: Bool { layer.usesTraining }

  /// From `[batch, steps, …]` to `[batch, steps] +` what the layer makes of a step.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let operands = LayerOperands(self, x)
    guard !x.isInvalid else { return operands.invalid() }
    guard let dimensions = x.shape.dimensions, dimensions.count >= 3 else {
      operands.reject(
        "the inputs are \(x.type), where [batch, steps, …] is meant",
        remedy: "give inputs of rank 3 or more")
      return operands.invalid()
    }
    guard let step = PartialShape(Array(dimensions.dropFirst(2))).known else {
      operands.reject(
        "the size of a step of \(x.type) is not known",
        remedy: "declare all dimensions but batch and steps")
      return operands.invalid([dimensions[0], dimensions[1]])
    }
    // All steps of all rows are one batch.
    let y = layer(x.reshaped(to: [-1] + step), training: training)
    if y.isInvalid { return y }
    guard let result = y.shape.dimensions.flatMap({ PartialShape(Array($0.dropFirst())).known })
    else {
      operands.reject(
        "the layer makes \(y.type) of the steps, of unknown size",
        remedy: "use a layer whose result has known dimensions but for the batch")
      return operands.invalid([dimensions[0], dimensions[1]])
    }
    switch (dimensions[0], dimensions[1]) {
    case (let batch?, let steps?): return y.reshaped(to: [batch, steps] + result)
    case (let batch?, nil): return y.reshaped(to: [batch, -1] + result)
    case (nil, let steps?): return y.reshaped(to: [-1, steps] + result)
    case (nil, nil): return y.reshaped(likeRowsOf: x, trailing: result)
    }
  }
}

extension Tensor {
  /// The rows of this tensor in the arrangement of the first two axes of `x`: `[batch, steps] + trailing`.
  fileprivate func reshaped(likeRowsOf x: Tensor, trailing: [Int]) -> Tensor {
    // Never computed: only its shape matters.
    let rows = zeros(like: x.sum(along: Array(2..<(x.rank ?? 3))), dtype: dtype)
    let template = trailing.reduce(rows) { rows, _ in rows.expandingDimensions(at: -1) }
    return reshaped(like: template + graph.zeros(dtype, [1, 1] + trailing))
  }
}
