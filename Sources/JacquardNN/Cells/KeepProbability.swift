import Jacquard
import JacquardArrays

/// How likely dropout keeps an element: a number in 0…1 without the 0, or a scalar tensor, which may be fed.
public protocol KeepProbability: Sendable {
  /// Whether dropout does anything; what is always 1 needs no operations.
  var canDrop: Bool { get }

  /// The probability as a scalar of `dtype`.
  func keepProbability(in graph: Graph, dtype: DType) -> Tensor
}

extension Double: KeepProbability {
  /// Whether it is not 1.
  public var canDrop: Bool { self != 1 }

  /// A constant; a diagnostic if it is no probability, or 0.
  public func keepProbability(in graph: Graph, dtype: DType) -> Tensor {
    guard self > 0, self <= 1 else {
      graph.diagnose(
        "the probability to keep an element is \(self)",
        remedy: "give a number above 0 and up to 1, where 1 keeps all", op: "Dropout")
      return graph.invalid(TensorType(dtype, .scalar))
    }
    return graph.scalar(self, dtype)
  }
}

extension Tensor: KeepProbability {
  /// True: it may be fed.
  public var canDrop: Bool { true }

  /// The tensor itself, cast; a diagnostic if it is no floating-point scalar.
  public func keepProbability(in graph: Graph, dtype: DType) -> Tensor {
    guard shape.isCompatible(with: .scalar), self.dtype.isFloatingPoint else {
      if !isInvalid {
        self.graph.diagnose(
          "the probability to keep an element is \(type), not a floating-point scalar",
          remedy: "reduce or cast it first", op: "Dropout", operands: [self])
      }
      return graph.invalid(TensorType(dtype, .scalar))
    }
    return cast(to: dtype)
  }
}

extension KeepProbability {
  /// `x` with dropout: elements become 0 at random, the others grow such that the mean stays.
  ///
  /// - Parameters:
  ///   - noise: the numbers in 0..<1 that decide; drawn here if `nil`.
  ///   - seed: used in place of the graph's seed.
  ///   - name: the name scope of the operations.
  func dropout(_ x: Tensor, noise: Tensor? = nil, seed: UInt64?, name: String) -> Tensor {
    guard canDrop, !x.isInvalid else { return x }
    let graph = x.graph
    return graph.scope(name) {
      let keep = keepProbability(in: graph, dtype: x.dtype)
      let noise = noise ?? graph.randomUniform(like: x, seed: seed)
      return select(noise .< keep, x / keep, 0)
    }
  }
}
