import JacquardArrays
import Testing

@Suite struct NDArrayLiteralTests {
  @Test func scalarsTakeTheTypeOfTheirSpelling() {
    let integer: NDArray = -3
    let number: NDArray = 2.5
    let truth: NDArray = true
    #expect(integer == NDArray(-3 as Int32))
    #expect(number == NDArray(2.5 as Float))
    #expect(truth == NDArray(true))
  }

  @Test func nestingIsTheShape() {
    let matrix: NDArray = [[1, 2, 3], [4, 5, 6]]
    #expect(matrix == NDArray([1, 2, 3, 4, 5, 6] as [Int32], shape: [2, 3]))
    let empty: NDArray = []
    #expect(empty == NDArray.zeros(.float32, [0]))
    let mask: NDArray = [[true], [false]]
    #expect(mask == NDArray([[true], [false]] as [[Bool]]))
  }

  @Test func aFractionAnywhereMakesAllNumbersFloat() {
    let matrix: NDArray = [[1, 2], [3, 4.5]]
    #expect(matrix == NDArray([1, 2, 3, 4.5] as [Float], shape: [2, 2]))
  }

  @Test func arraysStackIntoLiterals() {
    let row = NDArray([1, 2] as [Int64])
    let stacked: NDArray = [row, [3, 4]]
    #expect(stacked == NDArray([[1, 2], [3, 4]] as [[Int64]]))
  }

  @Test func initialisersReadLiteralsAlike() {
    #expect(NDArray([[1, 2], [3, 4]]).dtype == .int32)
    #expect(NDArray([[1, 2], [3, 4.5]]) == [[1, 2], [3, 4.5]])
    #expect(NDArray([0.5, 1]).dtype == .float32)
    #expect(NDArray([1, 2, 3, 4], shape: [2, 2]) == [[1, 2], [3, 4]])
    #expect(NDArray([true, false]) == [true, false])
    #expect(NDArray([]).shape == [0])
    #expect(NDArray([[[1.5]]]).shape == [1, 1, 1])
    let value: Float = 2
    #expect(NDArray([value, 0.5]).dtype == .float32)
    #expect(NDArray([0.5, 1] as [Double]).dtype == .float64)
  }

  @Test func literalsConvertToAnAskedTypeAtFullPrecision() {
    let precise = NDArray.from([[0.1, 2], [3, 4]], dtype: .float64)
    #expect(precise == NDArray([0.1, 2, 3, 4] as [Double], shape: [2, 2]))
    let large = NDArray.from([9_007_199_254_740_993], dtype: .int64)
    #expect(large.elements() == [9_007_199_254_740_993] as [Int64])
    let array: NDArray = [1.5, 2.5]
    #expect(NDArray.from(array, dtype: .int32) == [1, 2])
  }

  @Test func raggedLiteralsAreExplained() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let ragged: NDArray = [[1, 2], [3]]
      _ = ragged
    }
    expectTrap(result, says: "ragged: entry 1 has shape [1], but entry 0 has [2]")
    let other = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray([[1, 2], [3]])
    }
    expectTrap(other, says: "ragged: entry 1 has shape [1], but entry 0 has [2]")
  }

  @Test func mixedTruthAndNumbersAreExplained() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let mixed: NDArray = [1, true]
      _ = mixed
    }
    expectTrap(result, says: "mixes Booleans and numbers")
  }
}
