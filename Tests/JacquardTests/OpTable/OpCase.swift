import JacquardArrays
import Testing

@testable import Jacquard

/// One row of the op table: an op applied to inputs, with what should come out of it.
///
/// Every property of ops that tests know is checked for every row: values, inferred types, gradients, zero sizes, loops.
struct OpCase: Sendable {
  /// The name of the op the row is for.
  let op: String
  /// What is special about the row: `Tanh float32 [3, 4]`.
  let name: String
  /// The inputs; gradient checks convert floating-point ones to float64.
  let inputs: [NDArray]
  /// Builds the op on tensors that stand for the inputs.
  let build: @Sendable (Graph, [Tensor]) -> [Tensor]
  /// The results, in plain Double arithmetic, independent of our kernels; `nil` only if a golden file covers the row.
  let expected: (@Sendable ([NDArray]) -> [NDArray])?
  /// For each input, whether its gradient is compared with finite differences.
  let differentiable: [Bool]
  /// How far results may be off, relative to the largest element.
  var relativeTolerance: Double
}

extension OpCase {
  /// A row. Unless told otherwise, floating-point inputs are differentiable, and tolerances fit the dtype.
  init(
    _ op: String, _ detail: String, _ inputs: [NDArray], differentiable: [Bool]? = nil,
    relativeTolerance: Double? = nil,
    build: @escaping @Sendable (Graph, [Tensor]) -> [Tensor],
    expected: (@Sendable ([NDArray]) -> [NDArray])?
  ) {
    let types = inputs.map { "\($0.dtype) \($0.shape)" }.joined(separator: ", ")
    let isSingle = inputs.contains { $0.dtype == .float32 }
    self.init(
      op: op, name: [op, detail, types].filter { !$0.isEmpty }.joined(separator: " "),
      inputs: inputs, build: build, expected: expected,
      differentiable: differentiable ?? inputs.map(\.dtype.isFloatingPoint),
      relativeTolerance: relativeTolerance ?? (isSingle ? 2e-6 : 1e-12))
  }
}

extension OpCase: CustomTestStringConvertible {
  var testDescription: String { name }
}

extension NDArray {
  /// An array whose element at each index is computed.
  static func reference(
    _ dtype: DType, _ shape: [Int], _ element: ([Int]) -> Double
  ) -> NDArray {
    var values: [Double] = []
    forEachIndex(of: shape) { values.append(element($0)) }
    return NDArray(values, shape: shape).converted(to: dtype)
  }

  /// Irregular numbers, all different for up to 997 elements: fractions within ±2 for floats, whole numbers within ±6 (0…12 if
  /// unsigned), bools for bool.
  static func sample(_ dtype: DType, _ shape: [Int], seed: Int = 1) -> NDArray {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { index -> Double in
      let hash = (index * 389 + seed * 131 + 57) % 997
      switch dtype {
      case .float32, .float64: return Double(hash) / 250 - 1.99
      case .int32, .int64: return Double(hash % 13 - 6)
      case .uint8: return Double(hash % 13)
      case .bool: return Double(hash % 2)
      }
    }
    return NDArray(values, shape: shape).converted(to: dtype)
  }

  /// The element at `index`.
  func at(_ index: [Int]) -> Double {
    var position = 0
    for (axis, i) in index.enumerated() {
      precondition((0..<shape[axis]).contains(i), "index \(index) in shape \(shape)")
      position = position * shape[axis] + i
    }
    return doubles()[position]
  }

  /// Calls `body` with each index of an array of `shape`, in row-major order.
  static func forEachIndex(of shape: [Int], _ body: ([Int]) -> Void) {
    let count = shape.reduce(1, *)
    for position in 0..<count {
      var (rest, index) = (position, [Int](repeating: 0, count: shape.count))
      for axis in shape.indices.reversed() {
        index[axis] = rest % shape[axis]
        rest /= shape[axis]
      }
      body(index)
    }
  }
}
