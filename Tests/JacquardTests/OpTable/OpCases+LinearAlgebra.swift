import Foundation
import JacquardArrays

@testable import Jacquard

extension OpCase {
  /// Rows for matrix products.
  static let linearAlgebra: [OpCase] =
    products.map { row($0.a, $0.b, $0.flags, $0.dtype) } + largeProducts + orthogonal

  private static let products: [(a: [Int], b: [Int], flags: (a: Bool, b: Bool), dtype: DType)] = [
    ([3, 4], [4, 5], (false, false), .float32),
    ([4, 3], [4, 5], (true, false), .float32),
    ([3, 4], [5, 4], (false, true), .float64),
    ([4, 3], [5, 4], (true, true), .float64),
    ([3, 4], [4, 5], (false, false), .int32),
    ([4, 3], [5, 4], (true, true), .int64),
    // Vectors.
    ([1, 6], [6, 5], (false, false), .float32),
    ([6, 1], [5, 6], (true, true), .float32),
    ([5, 6], [6, 1], (false, false), .float64),
    ([6, 5], [1, 6], (true, true), .float64),
    ([1, 1], [1, 1], (false, false), .float64),
    // Nothing to add up, no rows, no columns.
    ([3, 0], [0, 2], (false, false), .float32),
    ([0, 4], [4, 2], (false, false), .float32),
    ([3, 4], [4, 0], (false, false), .float64),
    ([4, 0], [4, 2], (true, false), .float64),
    // Batches: equal, broadcast, against one matrix.
    ([2, 3, 4], [2, 4, 5], (false, false), .float64),
    ([2, 3, 4], [4, 5], (false, false), .float32),
    ([2, 3, 4], [5, 4], (false, true), .float64),
    ([2, 4, 3], [4, 5], (true, false), .float64),
    ([3, 4], [2, 4, 5], (false, false), .float64),
    ([2, 1, 3, 4], [3, 5, 4], (false, true), .float64),
    ([3, 1, 4, 2], [1, 2, 5, 4], (true, true), .float64),
    ([0, 3, 4], [4, 5], (false, false), .float64),
    ([0, 3, 4], [0, 4, 5], (false, false), .float32),
    ([2, 3, 4], [2, 4, 5], (false, false), .int32),
  ]

  /// Products that are cut into chunks, by rows and by columns; too large for finite differences.
  private static let largeProducts: [OpCase] = [
    row([66, 160], [160, 200], (false, false), .float32, isSmall: false),
    row([160, 200], [160, 66], (true, false), .float32, isSmall: false),
    row([64, 160], [210, 160], (false, true), .float64, isSmall: false),
    row([160, 129], [193, 160], (true, true), .float64, isSmall: false),
    row([20, 60, 40], [20, 40, 50], (false, false), .float32, isSmall: false),
    row([130, 130], [130, 130], (false, false), .int32, isSmall: false),
  ]

  /// Against Gram and Schmidt's way, which gives R a positive diagonal by itself.
  private static let orthogonal: [OpCase] = [
    ([4, 4], .float64), ([7, 3], .float64), ([5, 2], .float32), ([3, 1], .float64),
    ([1, 1], .float32), ([3, 0], .float32), ([0, 0], .float64), ([40, 30], .float64),
  ].map { (shape: [Int], dtype: DType) in
    OpCase(
      "Orthogonalize", "", [scattered(dtype, shape)], differentiable: [false],
      build: { [$0.insert(Orthogonalize(), $1[0])] },
      expected: { [orthonormalColumns(of: $0[0])] })
  }

  /// Numbers of 0 to 1 without a pattern, which would make columns depend on each other.
  private static func scattered(_ dtype: DType, _ shape: [Int]) -> NDArray {
    .reference(dtype, shape) { index in
      let wave = 43758.5453 * sin(12.9898 * Double(index[0] + 1) + 78.233 * Double(index[1] + 1))
      return wave - wave.rounded(.down)
    }
  }

  private static func orthonormalColumns(of matrix: NDArray) -> NDArray {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    var found: [[Double]] = []
    for j in 0..<columns {
      var column = (0..<rows).map { matrix.at([$0, j]) }
      // Twice, for what rounding has left.
      for other in found + found {
        let share = zip(column, other).map(*).reduce(0, +)
        column = zip(column, other).map { $0 - share * $1 }
      }
      let length = column.map { $0 * $0 }.reduce(0, +).squareRoot()
      found.append(column.map { $0 / length })
    }
    return .reference(matrix.dtype, matrix.shape) { found[$0[1]][$0[0]] }
  }

  private static func row(
    _ a: [Int], _ b: [Int], _ flags: (a: Bool, b: Bool), _ dtype: DType, isSmall: Bool = true
  ) -> OpCase {
    let differentiable = isSmall && dtype.isFloatingPoint
    return OpCase(
      "MatMul", "\(flags.a ? "ᵀ" : "")·\(flags.b ? "ᵀ" : "")",
      [.sample(dtype, a), .sample(dtype, b, seed: 2)],
      differentiable: [differentiable, differentiable],
      build: { [matmul($1[0], $1[1], transposeA: flags.a, transposeB: flags.b)] },
      expected: { [product($0[0], $0[1], flags.a, flags.b)] })
  }

  private static func product(
    _ a: NDArray, _ b: NDArray, _ transposeA: Bool, _ transposeB: Bool
  ) -> NDArray {
    let rank = max(a.rank, b.rank)
    let left = Array(repeating: 1, count: rank - a.rank) + a.shape
    let right = Array(repeating: 1, count: rank - b.rank) + b.shape
    let (rows, inner) =
      transposeA ? (left[rank - 1], left[rank - 2]) : (left[rank - 2], left[rank - 1])
    let columns = transposeB ? right[rank - 2] : right[rank - 1]
    let batch = (0..<rank - 2).map { left[$0] == 1 ? right[$0] : left[$0] }
    let (x, y) = (a.doubles(), b.doubles())
    func position(_ shape: [Int], _ index: [Int]) -> Int {
      zip(shape, index).reduce(0) { $0 * $1.0 + ($1.0 == 1 ? 0 : $1.1) }
    }
    return .reference(a.dtype, batch + [rows, columns]) { index in
      let (leading, i, j) = (Array(index.dropLast(2)), index[rank - 2], index[rank - 1])
      guard inner > 0 else { return 0 }
      let p = position(left, leading + (transposeA ? [0, i] : [i, 0]))
      let q = position(right, leading + (transposeB ? [j, 0] : [0, j]))
      let (stepP, stepQ) = (transposeA ? left[rank - 1] : 1, transposeB ? 1 : right[rank - 1])
      var total = 0.0
      for k in 0..<inner { total += x[p + k * stepP] * y[q + k * stepQ] }
      return total
    }
  }
}
