import Jacquard
import JacquardArrays

/// What a layer checks of the tensor it is applied to.
struct LayerOperands {
  /// The name of the layer's type, for diagnostics.
  let layer: String
  let x: Tensor

  init(_ layer: some Layer, _ x: Tensor) {
    self.layer = "\(type(of: layer))"
    self.x = x
  }

  /// Whether `x` is floating-point, of the ranks wanted and with a known last dimension; a diagnostic, or quiet for an invalid tensor,
  /// if not.
  ///
  /// - Parameter layout: the shape that is meant, `[batch, steps, depth]`.
  func isFloating(ranks: ClosedRange<Int>, layout: String) -> Bool {
    if x.isInvalid { return false }
    guard x.dtype.isFloatingPoint else {
      return reject(
        "the layer computes with floating-point inputs only, not \(x.type)",
        remedy: "cast the inputs to float32 or float64")
    }
    guard let rank = x.rank, ranks.contains(rank) else {
      return reject(
        "the inputs are \(x.type), where \(layout) is meant",
        remedy: "reshape the inputs, or put Flatten() or Reshape(…) in between")
    }
    return hasLastDimension()
  }

  private func hasLastDimension() -> Bool {
    if x.shape[-1] != nil { return true }
    return reject(
      "the last dimension of the inputs, \(x.type), is not known",
      remedy: "declare it; the weights take their shape from it")
  }

  /// Whether `count`, an option of the layer, is at least 1; a diagnostic if not.
  func hasPositive(_ count: Int, _ what: String) -> Bool {
    if count > 0 { return true }
    return reject("the layer has \(count) \(what)", remedy: "give 1 or more")
  }

  @discardableResult
  func reject(_ message: String, remedy: String) -> Bool {
    x.graph.diagnose(message, remedy: remedy, op: layer, operands: [x])
    return false
  }

  /// What to return where nothing can be built.
  func invalid(_ shape: PartialShape = .unknown) -> Tensor {
    x.graph.invalid(TensorType(x.dtype.isFloatingPoint ? x.dtype : .float32, shape))
  }
}
