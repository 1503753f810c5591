import Foundation
import JacquardArrays

@testable import Jacquard

extension OpCase {
  /// Rows for reductions along axes, and for searches along one.
  static let reductions: [OpCase] =
    sums + means + products + extremes + logical + arguments + logSumExps + sumsToShape

  /// Shapes and axes that meet every pattern: all, none, leading, trailing, middle, alternating, ones, nothing.
  private static let patterns: [(shape: [Int], axes: [Int]?, keeping: Bool)] = [
    ([3, 4], nil, false), ([3, 4], [0], false), ([3, 4], [1], false), ([3, 4], [-1], true),
    ([3, 4], [], false), ([3, 4], nil, true), ([], nil, false), ([5], [0], true),
    ([2, 3, 4], [1], false), ([2, 3, 4], [0, 2], false), ([2, 3, 4], [-1, 0], true),
    ([2, 3, 4, 2], [0, 2], false), ([2, 3, 4, 2], [1, 3], true),
    ([2, 3, 2, 2, 2], [0, 2, 4], false),
    ([1, 4], [0], false), ([4, 1], [-1], true), ([3, 1, 2], [0, 1], false),
    ([0, 3], [0], false), ([3, 0], [0], false), ([2, 0, 3], [1], true), ([0], nil, false),
  ]

  /// Shapes large enough to be cut into chunks, by rows and by columns, and rows summed in several blocks.
  private static let largePatterns: [(shape: [Int], axes: [Int]?, keeping: Bool)] = [
    ([260, 256], [0], false), ([256, 260], [1], false), ([66, 20, 50], [0, 2], false),
    ([40, 34, 50], [1], true), ([5001], nil, false),
  ]

  private typealias Build =
    @Sendable (_ x: Tensor, _ axes: [Int]?, _ keeping: Bool) -> Tensor

  private static func rows(
    _ op: String, _ dtypes: [DType], differentiable: Bool = true, onNothing: Bool = true,
    large: Bool = true, _ build: @escaping Build,
    _ combine: @escaping @Sendable ([Double]) -> Double
  ) -> [OpCase] {
    let small = patterns.enumerated().flatMap { index, pattern -> [OpCase] in
      guard onNothing || !pattern.shape.contains(0) else { return [] }
      // Every dtype meets a few patterns, and each pattern the first two dtypes.
      return dtypes.enumerated().compactMap { number, dtype in
        guard number < 2 || index % 5 == number % 5 else { return nil }
        return row(op, pattern, dtype, differentiable: differentiable, build, combine)
      }
    }
    guard large else { return small }
    return small
      + largePatterns.map { row(op, $0, dtypes[0], differentiable: false, build, combine) }
  }

  private static func row(
    _ op: String, _ pattern: (shape: [Int], axes: [Int]?, keeping: Bool), _ dtype: DType,
    differentiable: Bool, _ build: @escaping Build,
    _ combine: @escaping @Sendable ([Double]) -> Double
  ) -> OpCase {
    let detail = "along \(pattern.axes.map { "\($0)" } ?? "all")\(pattern.keeping ? " kept" : "")"
    return OpCase(
      op, detail, [.sample(dtype, pattern.shape)],
      differentiable: [differentiable && dtype.isFloatingPoint],
      // Long sums cancel.
      relativeTolerance: dtype == .float32 ? 2e-5 : 1e-12,
      build: { [build($1[0], pattern.axes, pattern.keeping)] },
      expected: { [reduce($0[0], pattern.axes, pattern.keeping, combine)] })
  }

  /// `x` with the elements along `axes` combined.
  private static func reduce(
    _ x: NDArray, _ axes: [Int]?, _ keeping: Bool, _ combine: ([Double]) -> Double
  ) -> NDArray {
    let reduced = axes.map { $0.map { $0 < 0 ? $0 + x.rank : $0 } } ?? Array(0..<x.rank)
    let kept = x.shape.indices.map { reduced.contains($0) ? 1 : x.shape[$0] }
    var groups = [[Double]](repeating: [], count: kept.reduce(1, *))
    let values = x.doubles()
    var next = 0
    NDArray.forEachIndex(of: x.shape) { index in
      let position = zip(kept, index).reduce(0) { $0 * $1.0 + ($1.0 == 1 ? 0 : $1.1) }
      groups[position].append(values[next])
      next += 1
    }
    let shape =
      keeping ? kept : x.shape.indices.filter { !reduced.contains($0) }.map { x.shape[$0] }
    return NDArray(groups.map(combine), shape: shape).converted(to: x.dtype)
  }

  // MARK: - Sums, means, products

  private static let sums = rows(
    "Sum", [.float32, .float64, .int32, .int64, .uint8],
    { $0.sum(along: $1, keepingDimensions: $2) }, { $0.reduce(0, +) })

  private static let means = rows(
    "Size", [.float32, .float64], { $0.mean(along: $1, keepingDimensions: $2) },
    { $0.reduce(0, +) / Double($0.count) })

  private static let products =
    rows(
      "Product", [.float32, .float64, .int32, .int64], large: false,
      { $0.product(along: $1, keepingDimensions: $2) }, { $0.reduce(1, *) })
    + [
      OpCase(
        "Product", "with one zero and with two in a row",
        [NDArray([2, 0, 3, 0, 5, 0] as [Double], shape: [2, 3])],
        build: { [$1[0].product(along: [1])] }, expected: { _ in [NDArray([0, 0] as [Double])] }),
      OpCase(
        "Product", "of all with a zero",
        [NDArray([2, 0, 3, -1, 5, 1.5] as [Double], shape: [2, 3])],
        build: { [$1[0].product()] }, expected: { _ in [NDArray([0.0] as [Double], shape: [])] }),
    ]

  // MARK: - Extremes

  private static let extremes =
    rows(
      "Max", [.float32, .float64, .int32, .int64, .uint8], onNothing: false,
      { $0.max(along: $1, keepingDimensions: $2) }, { $0.max() ?? -.infinity })
    + rows(
      "Min", [.float32, .float64, .int32, .int64, .uint8], onNothing: false,
      { $0.min(along: $1, keepingDimensions: $2) }, { $0.min() ?? .infinity })
    + [
      OpCase(
        "Max", "of nothing", [NDArray.zeros(.float32, [2, 0])], differentiable: [false],
        build: { [$1[0].max(along: [1])] },
        expected: { _ in [NDArray([-Float.infinity, -Float.infinity])] }),
      OpCase(
        "Min", "of nothing", [NDArray.zeros(.int32, [2, 0])], differentiable: [false],
        build: { [$1[0].min(along: [1])] }, expected: { _ in [NDArray([Int32.max, Int32.max])] }),
      OpCase(
        "Max", "with NaN", [NDArray([1, .nan, 3, 4, 5, 6] as [Float], shape: [2, 3])],
        differentiable: [false], build: { [$1[0].max(along: [1])] },
        expected: { _ in [NDArray([.nan, 6] as [Float])] }),
      // Ties share equally; finite differences do not see that, their expected gradient is the row.
      OpCase(
        "Max", "gradient of ties", [NDArray([3, 3, 1, 2, 2, 2] as [Double], shape: [2, 3])],
        differentiable: [false],
        build: { graph, x in
          graph.gradients(of: [x[0].max(along: [1])], withRespectTo: [x[0]]).map { $0 ?? x[0] }
        },
        expected: { _ in
          [NDArray([0.5, 0.5, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3] as [Double], shape: [2, 3])]
        }),
    ]

  // MARK: - Logic

  private static let logical =
    rows(
      "Any", [.bool], { $0.any(along: $1, keepingDimensions: $2) },
      { $0.contains(1) ? 1 : 0 })
    + rows(
      "All", [.bool], { $0.all(along: $1, keepingDimensions: $2) },
      { $0.contains(0) ? 0 : 1 })

  // MARK: - Searches

  private static let arguments: [OpCase] = [
    ([3, 5], 1, .float32), ([3, 5], 0, .float64), ([2, 3, 4], -2, .int32), ([2, 3, 4], -1, .int64),
    ([7], 0, .uint8), ([4, 1], 1, .float32), ([0, 3], 1, .float32), ([400, 300], 1, .float32),
  ].flatMap { (shape: [Int], axis: Int, dtype: DType) in
    [
      argument("ArgMax", shape, axis, dtype, { $0.argmax(axis: $1) }, { $0 > $1 }),
      argument("ArgMin", shape, axis, dtype, { $0.argmin(axis: $1) }, { $0 < $1 }),
    ]
  }

  private static func argument(
    _ op: String, _ shape: [Int], _ axis: Int, _ dtype: DType,
    _ build: @escaping @Sendable (Tensor, Int) -> Tensor,
    _ isBetter: @escaping @Sendable (Double, Double) -> Bool
  ) -> OpCase {
    OpCase(
      op, "axis \(axis)", [.sample(dtype, shape)], differentiable: [false],
      build: { [build($1[0], axis)] },
      expected: { inputs in
        let best = reduce(inputs[0].converted(to: .float64), [axis], false) { values in
          Double(values.indices.reduce(0) { isBetter(values[$1], values[$0]) ? $1 : $0 })
        }
        return [best.converted(to: .int64)]
      })
  }

  // MARK: - Composites

  private static let logSumExps =
    rows(
      "Max", [.float32, .float64],
      { $0.logSumExp(along: $1, keepingDimensions: $2) },
      { log($0.reduce(0) { $0 + exp($1) }) })
    + [
      OpCase(
        "Max", "logSumExp of great numbers and of infinities",
        [
          NDArray(
            [1000, 1000, -.infinity, -.infinity, .infinity, 0] as [Float], shape: [3, 2])
        ],
        differentiable: [false], build: { [$1[0].logSumExp(along: [1])] },
        expected: { _ in [NDArray([1000 + Float(log(2.0)), -.infinity, .infinity])] }),
      OpCase(
        "Max", "gradient of logSumExp of infinities",
        [NDArray([1000, 1000, -.infinity, -.infinity] as [Float], shape: [2, 2])],
        differentiable: [false],
        build: { graph, x in
          graph.gradients(of: [x[0].logSumExp(along: [1])], withRespectTo: [x[0]])
            .map { $0 ?? x[0] }
        },
        expected: { _ in [NDArray([0.5, 0.5, 0, 0] as [Float], shape: [2, 2])] }),
    ]

  private static let sumsToShape: [OpCase] = [
    ([2, 3], [3], .float32), ([2, 3], [2, 1], .float64), ([2, 3], [], .float32),
    ([4, 2, 3], [1, 2, 1], .float64), ([2, 3], [2, 3], .float32), ([2, 0, 3], [1, 3], .float64),
    ([1, 3], [3], .int32), ([5, 2, 3], [1, 3], .float32),
  ].map { (shape: [Int], target: [Int], dtype: DType) in
    OpCase(
      "SumToShape", "", [.sample(dtype, shape), .sample(dtype, target)],
      differentiable: [dtype.isFloatingPoint, false],
      relativeTolerance: dtype == .float32 ? 1e-5 : 1e-12,
      build: { [$1[0].summed(toShapeOf: $1[1])] },
      expected: { inputs in
        let leading = shape.count - target.count
        let axes = shape.indices.filter { $0 < leading || target[$0 - leading] == 1 }
        let sums = reduce(inputs[0], axes, true) { $0.reduce(0, +) }
        return [NDArray(sums.doubles(), shape: target).converted(to: dtype)]
      })
  }
}
