import Jacquard
import JacquardArrays

/// Makes one row of each example: `[batch, a, b, …]` to `[batch, a · b · …]`.
public final class Flatten: Layer {
  /// Its name.
  public let weights: LayerWeights

  /// A layer that makes rows.
  public init(name: String = "flatten") { weights = LayerWeights(name: name) }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, a, b, …]` to `[batch, a · b · …]`.
  public func apply(to x: Tensor, training: Bool) -> Tensor { x.flattened() }
}

/// Gives each example another shape: `[batch, …]` to `[batch] + shape`.
public final class Reshape: Layer {
  /// Its name.
  public let weights: LayerWeights
  /// The shape of an example; one dimension may be −1: what remains.
  public let shape: [Int]

  /// A layer that reshapes.
  ///
  /// - Parameters:
  ///   - shape: the shape of an example, without the batch; one dimension may be −1: what remains.
  ///   - name: the name of its scope.
  public init(_ shape: [Int], name: String = "reshape") {
    self.shape = shape
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From `[batch, …]` to `[batch] + shape`.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let operands = LayerOperands(self, x)
    guard !x.isInvalid else { return x }
    if shape == [-1] { return x.flattened() }
    guard let dimensions = x.shape.dimensions, !dimensions.isEmpty else {
      operands.reject("the inputs are \(x.type)", remedy: "give inputs of rank 1 or more")
      return operands.invalid()
    }
    guard let target = target(PartialShape(Array(dimensions.dropFirst())).elementCount) else {
      operands.reject(
        "examples of \(PartialShape(Array(dimensions.dropFirst()))) do not fit the shape \(shape)",
        remedy: "give a shape of as many elements; one dimension may be −1")
      return operands.invalid(PartialShape([dimensions[0]] + shape.map { $0 < 0 ? nil : $0 }))
    }
    if let batch = dimensions[0] { return x.reshaped(to: [batch] + target) }
    guard target.contains(-1) else { return x.reshaped(to: [-1] + target) }
    // Both the batch and another dimension are open.
    let sizes = x.graph.constant(NDArray(target.map { Int64($0) }, shape: [target.count]))
    return x.reshaped(
      to: concatenate([x.shapeTensor().sliced(from: [0], sizes: [1]), sizes], axis: 0))
  }

  /// The shape without −1, if the size is known; `nil` if it does not fit.
  private func target(_ size: Int?) -> [Int]? {
    guard shape.allSatisfy({ $0 >= -1 }), shape.filter({ $0 == -1 }).count <= 1 else { return nil }
    guard let size else { return shape }
    let others = shape.filter { $0 >= 0 }.reduce(1, *)
    guard shape.contains(-1) else { return others == size ? shape : nil }
    guard others > 0, size % others == 0 else { return nil }
    return shape.map { $0 == -1 ? size / others : $0 }
  }
}
