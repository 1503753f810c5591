import Jacquard
import JacquardArrays

/// How far an optimizer steps: a number, or a scalar tensor, which may be fed, assigned or computed from the global step.
public protocol LearningRate: Sendable {
  /// The rate as a scalar of `dtype`.
  func scalar(in graph: Graph, dtype: DType) -> Tensor
}

extension Double: LearningRate {
  /// A constant.
  public func scalar(in graph: Graph, dtype: DType) -> Tensor { graph.scalar(self, dtype) }
}

extension Int: LearningRate {
  /// A constant.
  public func scalar(in graph: Graph, dtype: DType) -> Tensor { graph.scalar(Double(self), dtype) }
}

extension Tensor: LearningRate {
  /// The tensor itself, cast; a diagnostic if it is no floating-point scalar.
  public func scalar(in graph: Graph, dtype: DType) -> Tensor {
    guard shape.isCompatible(with: .scalar), self.dtype.isFloatingPoint else {
      if !isInvalid {
        self.graph.diagnose(
          "the learning rate is \(type), not a floating-point scalar",
          remedy: "reduce or cast it first", op: "LearningRate", operands: [self])
      }
      return graph.invalid(TensorType(dtype, .scalar))
    }
    return cast(to: dtype)
  }
}
