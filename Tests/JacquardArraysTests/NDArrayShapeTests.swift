import JacquardArrays
import Testing

@Suite struct NDArrayShapeTests {
  @Test func reshapingKeepsTheOrder() {
    let array = NDArray.arange(12, .int32)
    #expect(array.reshaped(to: [3, 4]).elements(as: Int32.self) == Array(0..<12))
    #expect(array.reshaped(to: [-1, 4]).shape == [3, 4])
    #expect(array.reshaped(to: [2, -1, 2]).shape == [2, 3, 2])
    #expect(array[0..<1].reshaped(to: []).shape == [])
    #expect(NDArray.zeros(.bool, [0, 5]).reshaped(to: [7, 0]).shape == [7, 0])
    #expect(NDArray.zeros(.bool, [0, 5]).reshaped(to: [-1, 5]).shape == [0, 5])
    #expect(array[4...].reshaped(to: [2, 4])[1] == [8, 9, 10, 11])
  }

  @Test func transposingReversesTheAxes() {
    let matrix: NDArray = [[1, 2, 3], [4, 5, 6]]
    #expect(matrix.transposed() == [[1, 4], [2, 5], [3, 6]])
    #expect(matrix.transposed().transposed() == matrix)
    #expect(matrix[1].transposed() == [4, 5, 6])
    #expect(NDArray(3 as Float).transposed() == NDArray(3 as Float))
    #expect(NDArray.zeros(.float32, [2, 0, 3]).transposed().shape == [3, 0, 2])
  }

  @Test func transposingRowsAndColumnsOfOne() {
    let row = NDArray.arange(3, .float64).reshaped(to: [1, 3])
    #expect(row.transposed().shape == [3, 1])
    #expect(row.transposed().elements() == [0, 1, 2] as [Double])
  }

  @Test(
    arguments: [
      [0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 3, 2], [2, 3, 0, 1],
      [3, 0, 1, 2], [-3, 0, -1, 2],
    ], DType.allCases)
  func permutationsMoveEveryElement(order: [Int], dtype: DType) {
    let shape = [2, 3, 4, 5]
    let values = (0..<120).map { Int32($0 * 7 % 61) }
    let array = NDArray(values, shape: shape).converted(to: dtype)
    let result = array.transposed(order)
    let axes = order.map { $0 < 0 ? $0 + 4 : $0 }
    #expect(result.shape == axes.map { shape[$0] })
    for i in 0..<2 {
      for j in 0..<3 {
        for k in 0..<4 {
          for l in 0..<5 {
            let from = [i, j, k, l]
            let to = axes.map { from[$0] }
            #expect(result[to[0], to[1], to[2], to[3]] == array[i, j, k, l])
          }
        }
      }
    }
  }

  @Test func stackingAddsAnAxis() {
    let a: NDArray = [1, 2, 3]
    let b: NDArray = [4, 5, 6]
    #expect(NDArray.stack([a, b]) == [[1, 2, 3], [4, 5, 6]])
    #expect(NDArray.stack([a, b], axis: 1) == [[1, 4], [2, 5], [3, 6]])
    #expect(NDArray.stack([a, b], axis: -1) == [[1, 4], [2, 5], [3, 6]])
    #expect(NDArray.stack([5, 6]) == [5, 6])
    #expect(NDArray.stack([.zeros(.float32, [0, 2])], axis: 1).shape == [0, 1, 2])
  }

  @Test func concatenatingJoinsAnAxis() {
    let a: NDArray = [[1, 2], [3, 4]]
    let b: NDArray = [[5, 6]]
    #expect(NDArray.concatenate([a, b], axis: 0) == [[1, 2], [3, 4], [5, 6]])
    #expect(NDArray.concatenate([a, b.transposed()], axis: 1) == [[1, 2, 5], [3, 4, 6]])
    #expect(NDArray.concatenate([a, a], axis: -1) == [[1, 2, 1, 2], [3, 4, 3, 4]])
    #expect(NDArray.concatenate([.zeros(.int32, [0, 2]), b], axis: 0) == b)
    let cube = NDArray.arange(24, .uint8).reshaped(to: [2, 3, 4])
    let parts = [0..<1, 1..<3].map { cube.sliced(axis: 1, range: $0) }
    #expect(NDArray.concatenate(parts, axis: 1) == cube)
  }

  @Test func impossibleShapesAreExplained() async {
    let reshape = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray.arange(6, .int32).reshaped(to: [4, -1])
    }
    expectTrap(reshape, says: "6 elements of shape [6] cannot be reshaped to [4, -1]")
    let join = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray.concatenate([.zeros(.int32, [2, 2]), .zeros(.int32, [2, 3])], axis: 0)
    }
    expectTrap(join, says: "array 1 of shape [2, 3] does not join array 0 of shape [2, 2]")
    let permutation = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray.zeros(.int32, [2, 2]).transposed([0, 0])
    }
    expectTrap(permutation, says: "does not name each axis of shape [2, 2] once")
  }
}
