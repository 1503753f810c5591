import CVectorKernels
import Testing

/// Copies between strided layouts against element by element copies.
@Suite struct VectorKernelsCopyTests {
  static func rowMajorStrides(_ dims: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: dims.count)
    for d in dims.indices.dropLast().reversed() { strides[d] = strides[d + 1] * dims[d + 1] }
    return strides
  }

  static func check<T: BitwiseCopyable & Equatable & FixedWidthInteger>(
    _ dims: [Int], source: [Int], offset: Int, sourceCount: Int, destination: [Int],
    destinationCount: Int, _ type: T.Type
  ) {
    let x = (0..<sourceCount).map { T(truncatingIfNeeded: $0 + 1) }
    var expected = [T](repeating: 0, count: destinationCount)
    let count = dims.reduce(1, *)
    for linear in 0..<count {
      var rest = linear
      var from = offset
      var to = 0
      for d in dims.indices.reversed() {
        from += rest % dims[d] * source[d]
        to += rest % dims[d] * destination[d]
        rest /= dims[d]
      }
      expected[to] = x[from]
    }
    var result = [T](repeating: 0, count: destinationCount)
    x.withUnsafeBufferPointer {
      jq_copy_strided(
        Int32(dims.count), dims, MemoryLayout<T>.size, $0.baseAddress! + offset, source, &result,
        destination)
    }
    #expect(result == expected, "\(dims) from \(source) to \(destination)")
  }

  static func checkEverySize(
    _ dims: [Int], source: [Int], offset: Int = 0, sourceCount: Int, destination: [Int],
    destinationCount: Int
  ) {
    check(
      dims, source: source, offset: offset, sourceCount: sourceCount, destination: destination,
      destinationCount: destinationCount, UInt8.self)
    check(
      dims, source: source, offset: offset, sourceCount: sourceCount, destination: destination,
      destinationCount: destinationCount, UInt32.self)
    check(
      dims, source: source, offset: offset, sourceCount: sourceCount, destination: destination,
      destinationCount: destinationCount, UInt64.self)
  }

  @Test func randomPermutationsBroadcastsAndReversals() {
    var inputs = KernelTestInputs(state: 31)
    for _ in 0..<300 {
      let rank = inputs.integer(0...5)
      let dims = (0..<rank).map { _ in inputs.integer(1...(rank > 3 ? 6 : 21)) }
      let order = (0..<rank).map { ($0, inputs.bits()) }.sorted { $0.1 < $1.1 }.map(\.0)
      let permuted = Self.rowMajorStrides(order.map { dims[$0] })
      var source = [Int](repeating: 0, count: rank)
      var offset = 0
      for (place, d) in order.enumerated() {
        switch inputs.integer(0...6) {
        case 0: source[d] = 0
        case 1:
          source[d] = -permuted[place]
          offset += (dims[d] - 1) * permuted[place]
        default: source[d] = permuted[place]
        }
      }
      let count = dims.reduce(1, *)
      Self.checkEverySize(
        dims, source: source, offset: offset, sourceCount: count,
        destination: Self.rowMajorStrides(dims), destinationCount: count)
    }
  }

  @Test func transposesOfEverySmallSize() {
    for rows in 1...35 {
      for columns in [1, 2, 3, 4, 15, 16, 17, 33] {
        let count = rows * columns
        Self.checkEverySize(
          [columns, rows], source: [1, columns], sourceCount: count, destination: [rows, 1],
          destinationCount: count)
      }
    }
  }

  @Test func slicesOnBothSides() {
    Self.checkEverySize(
      [3, 4, 5], source: [200, 2, 11], sourceCount: 460, destination: [70, 14, 2],
      destinationCount: 210)
    Self.checkEverySize(
      [6, 7, 8], source: [1, 48, 6], sourceCount: 336, destination: [100, 9, 1],
      destinationCount: 600)
  }

  @Test func nothingToCopy() {
    var out: [Float] = [5]
    jq_copy_strided(2, [0, 3], 4, nil, [3, 1], &out, [3, 1])
    #expect(out == [5])
    jq_copy_strided(0, nil, 4, [Float(7)], nil, &out, nil)
    #expect(out == [7])
  }

  @Test func fills() {
    var bytes = [UInt8](repeating: 1, count: 70)
    jq_fill(69, 1, [UInt8(200)], &bytes)
    #expect(bytes == [UInt8](repeating: 200, count: 69) + [1])
    var floats = [Float](repeating: 1, count: 70)
    jq_fill(69, 4, [Float(-2.5)], &floats)
    #expect(floats == [Float](repeating: -2.5, count: 69) + [1])
    var doubles = [Double](repeating: 1, count: 70)
    jq_fill(69, 8, [0.1], &doubles)
    #expect(doubles == [Double](repeating: 0.1, count: 69) + [1])
    jq_fill(0, 8, [0.2], &doubles)
    #expect(doubles[0] == 0.1)
  }
}
