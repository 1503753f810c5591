import CVectorKernels
import Foundation
import Testing

/// Reductions over rows and columns against plain loops in double precision.
@Suite struct VectorKernelsReductionTests {
  typealias Reduction = (Int, Int, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Void

  static let shapes = [
    (1, 1), (1, 5), (3, 0), (0, 4), (7, 1), (5, 10), (64, 16), (2, 37), (130, 3), (9, 300),
    (300, 9), (70, 130), (1, 5000), (5000, 2), (200, 64),
  ]

  /// Reduces rows or columns into an array that starts out filled with `other`.
  static func reduce<T: BitwiseCopyable>(
    _ kernel: Reduction, _ rows: Int, _ columns: Int, _ x: [T], byRow: Bool, _ other: T
  ) -> [T] {
    var out = [T](repeating: other, count: byRow ? rows : columns)
    kernel(rows, columns, x, &out)
    return out
  }

  static func expected<T>(
    _ rows: Int, _ columns: Int, _ x: [T], byRow: Bool, _ identity: T, _ combine: (T, T) -> T
  ) -> [T] {
    byRow
      ? (0..<rows).map { r in (0..<columns).reduce(identity) { combine($0, x[r * columns + $1]) } }
      : (0..<columns).map { c in (0..<rows).reduce(identity) { combine($0, x[$1 * columns + c]) } }
  }

  @Test func floatSumsAndExtremes() {
    for (rows, columns) in Self.shapes {
      var inputs = KernelTestInputs(state: UInt64(rows * 1000 + columns))
      let x = (0..<rows * columns).map { _ in Float(inputs.uniform(-1...1)) }
      let wide = x.map(Double.init)
      for byRow in [true, false] {
        let length = byRow ? columns : rows
        let exact = Self.expected(rows, columns, wide, byRow: byRow, 0, +)
        let sum = Self.reduce(
          byRow ? jq_sum_rows_f32 : jq_sum_columns_f32, rows, columns, x, byRow: byRow, 9)
        let wideSum = Self.reduce(
          byRow ? jq_sum_rows_f64 : jq_sum_columns_f64, rows, columns, wide, byRow: byRow, 9)
        for index in exact.indices {
          let size = Double(length).squareRoot() + 1
          #expect(abs(Double(sum[index]) - exact[index]) < 3e-7 * size)
          #expect(abs(wideSum[index] - exact[index]) < 1e-15 * size)
        }
        #expect(
          Self.reduce(
            byRow ? jq_max_rows_f32 : jq_max_columns_f32, rows, columns, x, byRow: byRow, 9)
            == Self.expected(rows, columns, x, byRow: byRow, -.infinity, max))
        #expect(
          Self.reduce(
            byRow ? jq_min_rows_f64 : jq_min_columns_f64, rows, columns, wide, byRow: byRow, 9)
            == Self.expected(rows, columns, wide, byRow: byRow, .infinity, min))
        let near = wide.map { 1 + $0 * 1e-3 }
        let product = Self.reduce(
          byRow ? jq_prod_rows_f64 : jq_prod_columns_f64, rows, columns, near, byRow: byRow, 9)
        let exactProduct = Self.expected(rows, columns, near, byRow: byRow, 1, *)
        for (product, exact) in zip(product, exactProduct) {
          #expect(abs(product - exact) < 1e-11 * exact)
        }
      }
    }
  }

  @Test func integersWrapAndBoolsCombine() {
    for (rows, columns) in Self.shapes {
      var inputs = KernelTestInputs(state: UInt64(rows * 1000 + columns + 7))
      let x = (0..<rows * columns).map { _ in Int32(truncatingIfNeeded: inputs.integer(0...1 << 40))
      }
      let bytes = x.map { UInt8(truncatingIfNeeded: $0) }
      let wide = x.map { Int64($0) << 20 }
      let bools = x.map { UInt8($0 % 40 == 0 ? 1 : 0) }
      for byRow in [true, false] {
        func check<T: BitwiseCopyable & Equatable>(
          _ reduceRows: Reduction, _ reduceColumns: Reduction, _ x: [T], _ identity: T, _ other: T,
          _ combine: (T, T) -> T
        ) {
          let result = Self.reduce(
            byRow ? reduceRows : reduceColumns, rows, columns, x, byRow: byRow, other)
          #expect(result == Self.expected(rows, columns, x, byRow: byRow, identity, combine))
        }
        check(jq_sum_rows_i32, jq_sum_columns_i32, x, 0, 9, &+)
        check(jq_prod_rows_i32, jq_prod_columns_i32, x, 1, 9, &*)
        check(jq_max_rows_i32, jq_max_columns_i32, x, .min, 9, max)
        check(jq_min_rows_i32, jq_min_columns_i32, x, .max, 9, min)
        check(jq_sum_rows_i64, jq_sum_columns_i64, wide, 0, 9, &+)
        check(jq_prod_rows_i64, jq_prod_columns_i64, wide, 1, 9, &*)
        check(jq_min_rows_i64, jq_min_columns_i64, wide, .max, 9, min)
        check(jq_sum_rows_u8, jq_sum_columns_u8, bytes, 0, 9, &+)
        check(jq_max_rows_u8, jq_max_columns_u8, bytes, 0, 9, max)
        check(jq_min_rows_u8, jq_min_columns_u8, bytes, 255, 9, min)
        check(jq_any_rows_b8, jq_any_columns_b8, bools, 0, 9, |)
        check(jq_all_rows_b8, jq_all_columns_b8, bools.map { 1 - $0 }, 1, 9, &)
      }
    }
  }

  @Test func longSumsStayAccurate() {
    let count = 2_000_000
    let tenths = [Float](repeating: 0.1, count: count)
    let exact = Double(Float(0.1)) * Double(count)
    var sum: Float = 0
    jq_sum_rows_f32(1, count, tenths, &sum)
    #expect(abs(Double(sum) / exact - 1) < 1e-6)
    var pair: [Float] = [0, 0]
    jq_sum_columns_f32(count / 2, 2, tenths, &pair)
    #expect(abs(Double(pair[0]) / (exact / 2) - 1) < 1e-6 && pair[0] == pair[1])
    var many = [Float](repeating: 0, count: 100)
    jq_sum_columns_f32(count / 100, 100, tenths, &many)
    #expect(many.allSatisfy { abs(Double($0) / (exact / 100) - 1) < 1e-6 })
  }

  @Test func extremesPropagateNaNFromAnyPlace() {
    for place in stride(from: 0, to: 201, by: 5) {
      var x = (0..<201).map { Float($0 % 17) }
      x[place] = .nan
      var row: [Float] = [0]
      jq_max_rows_f32(1, 201, x, &row)
      #expect(row[0].isNaN)
      jq_min_rows_f32(1, 201, x, &row)
      #expect(row[0].isNaN)
      var columns: [Float] = [0, 0, 0]
      jq_max_columns_f32(67, 3, x, &columns)
      #expect((0..<3).allSatisfy { columns[$0].isNaN == ($0 == place % 3) })
    }
  }

  @Test func argumentsTakeTheFirstOfEquals() {
    for (outer, n, inner) in [(3, 10, 1), (1, 1000, 1), (2, 7, 5), (1, 130, 300), (4, 1, 3)] {
      var inputs = KernelTestInputs(state: UInt64(n))
      let x = (0..<outer * n * inner).map { _ in Float(inputs.integer(0...40)) }
      func expected(_ better: (Float, Float) -> Bool) -> [Int64] {
        (0..<outer * inner).map { index in
          let base = index / inner * n * inner + index % inner
          return (1..<max(n, 1)).reduce(Int64(0)) { best, k in
            better(x[base + k * inner], x[base + Int(best) * inner]) ? Int64(k) : best
          }
        }
      }
      var greatest = [Int64](repeating: 9, count: outer * inner)
      jq_argmax_f32(outer, n, inner, x, &greatest)
      #expect(greatest == expected(>))
      var least = greatest
      jq_argmin_f32(outer, n, inner, x, &least)
      #expect(least == expected(<))
      let integers = x.map { Int32($0) }
      jq_argmax_i32(outer, n, inner, integers, &greatest)
      #expect(greatest == expected(>))
      jq_argmin_u8(outer, n, inner, x.map { UInt8($0) }, &least)
      #expect(least == expected(<))
    }
  }

  @Test func argumentsTakeTheFirstNaN() {
    let x: [Double] = [1, 9, .nan, 12, .nan, .infinity]
    var index: [Int64] = [9, 9]
    jq_argmax_f64(1, 6, 1, x, &index)
    #expect(index[0] == 2)
    jq_argmin_f64(1, 6, 1, x, &index)
    #expect(index[0] == 2)
    jq_argmax_f64(1, 3, 2, x, &index)
    #expect(index == [1, 2])
    jq_argmax_f64(2, 0, 1, x, &index)
    #expect(index == [-1, -1])
    jq_argmax_f64(1, 2, 1, [-Double.infinity, -.infinity], &index)
    #expect(index[0] == 0)
  }

  @Test func firstNonfinite() {
    var x = [Float](repeating: 1e38, count: 1000)
    #expect(jq_first_nonfinite_f32(x.count, x) == -1)
    x[999] = .nan
    #expect(jq_first_nonfinite_f32(x.count, x) == 999)
    x[512] = -.infinity
    #expect(jq_first_nonfinite_f32(x.count, x) == 512)
    #expect(jq_first_nonfinite_f64(3, [1.0, .infinity, .nan]) == 1)
    #expect(jq_first_nonfinite_f64(0, x) == -1)
  }
}
