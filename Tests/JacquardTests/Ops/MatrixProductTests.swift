import JacquardArrays
import Testing

@testable import Jacquard

/// Products so large that they are cut into chunks, and chunks into tiles.
@Suite struct MatrixProductTests {
  struct Shape: Sendable {
    var rows: Int
    var columns: Int
    var inner: Int
  }

  /// Multiples of nothing, one more or less than a tile, thin in each direction.
  static let shapes = [
    Shape(rows: 130, columns: 131, inner: 133), Shape(rows: 49, columns: 129, inner: 163),
    Shape(rows: 48, columns: 128, inner: 320), Shape(rows: 785, columns: 17, inner: 129),
    Shape(rows: 10, columns: 325, inner: 401), Shape(rows: 29, columns: 64, inner: 701),
    Shape(rows: 2, columns: 700, inner: 1030), Shape(rows: 1, columns: 1300, inner: 301),
    Shape(rows: 1300, columns: 1, inner: 301),
  ]

  /// Checks the product by what it makes of a vector; of small integers, so that every order of a sum gives the same.
  @Test(arguments: shapes, [DType.float32, .float64])
  func `chunks and tiles make up the whole product`(_ shape: Shape, _ dtype: DType) throws {
    let (rows, columns, inner) = (shape.rows, shape.columns, shape.inner)
    var random = TestRandom(seed: UInt64(rows * columns + inner))
    func integers(_ shape: [Int]) -> NDArray {
      let values = (0..<shape.reduce(1, *)).map { _ in
        Float(Int.random(in: -8...8, using: &random))
      }
      return NDArray(values, shape: shape).converted(to: dtype)
    }
    let a = integers([rows, inner])
    let b = integers([inner, columns])
    let vector = integers([columns])
    let expected = try a.times(b.times(vector))
    for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
      let operands = [
        transposeA ? a.transposed([1, 0]) : a, transposeB ? b.transposed([1, 0]) : b,
      ]
      let layout = GEMMLayout(
        a: operands[0].shape, b: operands[1].shape, transposeA: transposeA, transposeB: transposeB)
      let run = KernelRun(
        GEMMKernel(layout, dtype: dtype), operands: operands, results: [(dtype, [rows, columns])])
      #expect(try run.results[0].times(vector) == expected, "\(shape) \(transposeA) \(transposeB)")
    }
  }

  @Test func `tiles are added to what is there`() throws {
    let (rows, columns, inner) = (100, 130, 170)
    let a = NDArray(repeating: Float(1), shape: [rows, inner])
    let b = NDArray(repeating: Float(2), shape: [inner, columns])
    let target = UnsafeMutablePointer<Float>.allocate(capacity: rows * columns)
    defer { target.deallocate() }
    target.initialize(repeating: 5, count: rows * columns)
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        GEMMPart<Float>(
          rows: rows, columns: columns, inner: inner,
          a: a.baseAddress!.assumingMemoryBound(to: Float.self), strideA: inner, transposeA: false,
          b: b.baseAddress!.assumingMemoryBound(to: Float.self), strideB: columns,
          transposeB: false, target: target, targetStride: columns, accumulates: true
        ).multiply()
      }
    }
    #expect((0..<rows * columns).allSatisfy { target[$0] == 345 })
  }

  @Test(arguments: shapes) func `the number of chunks is a power of two`(_ shape: Shape) {
    let layout = GEMMLayout(
      a: [shape.rows, shape.inner], b: [shape.inner, shape.columns], transposeA: false,
      transposeB: false)
    let count = GEMMKernel(layout, dtype: .float32).chunkCount
    #expect(count & (count - 1) == 0 && (1...16).contains(count))
  }
}

extension NDArray {
  /// The product of a matrix and a vector.
  fileprivate func times(_ vector: NDArray) throws -> NDArray {
    let (elements, factors) = (doubles(), vector.doubles())
    let sums = (0..<shape[0]).map { row in
      factors.indices.reduce(0) { $0 + elements[row * factors.count + $1] * factors[$1] }
    }
    return NDArray(sums, shape: [shape[0]]).converted(to: dtype)
  }
}
