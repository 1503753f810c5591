import JacquardArrays
import Testing

@Suite struct NDArrayElementTests {
  @Test func elementsReadBackInEachType() {
    #expect(NDArray([1.5, -2] as [Float]).elements(as: Float.self) == [1.5, -2])
    #expect(NDArray([1.5, -2] as [Double]).elements(as: Double.self) == [1.5, -2])
    #expect(NDArray([1, -2] as [Int32]).elements(as: Int32.self) == [1, -2])
    #expect(NDArray([1, .min] as [Int64]).elements(as: Int64.self) == [1, .min])
    #expect(NDArray([1, 255] as [UInt8]).elements(as: UInt8.self) == [1, 255])
    #expect(NDArray([true, false] as [Bool]).elements(as: Bool.self) == [true, false])
  }

  @Test func doublesReadAnyType() {
    #expect(NDArray([1, 255] as [UInt8]).doubles() == [1, 255])
    #expect(NDArray([true, false]).doubles() == [1, 0])
    #expect(NDArray([0.5, -1] as [Float]).doubles() == [0.5, -1])
    #expect(NDArray.arange(6, .int64).reshaped(to: [2, 3])[1].doubles() == [3, 4, 5])
  }

  @Test func singleElementsReadAsNumbers() {
    #expect(NDArray(7 as UInt8).intValue == 7)
    #expect(NDArray(-2.75 as Float).intValue == -2)
    #expect(NDArray([[2.5]] as [[Double]]).doubleValue == 2.5)
    #expect(NDArray(Int64.max).intValue == .max)
    #expect(NDArray(true).doubleValue == 1)
    #expect(NDArray(3 as Int32).scalar(as: Int32.self) == 3)
  }

  @Test func bytesAreThoseOfTheSlice() {
    let array = NDArray([1, 2, 3, 4] as [UInt8])
    #expect(array[1..<3].withUnsafeBytes { Array($0) } == [2, 3])
    #expect(array[1..<3].withUnsafeElements(of: UInt8.self) { $0.reduce(0, +) } == 5)
  }

  @Test func readingAsAnotherTypeIsExplained() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray([1, 2] as [Int32]).elements(as: Float.self)
    }
    expectTrap(result, says: "an array of int32 was read as float32")
  }

  @Test func severalElementsAreNotAScalar() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray([1, 2] as [Int32]).doubleValue
    }
    expectTrap(result, says: "an array of shape [2] is not one element")
  }

  // The expected values of conversions are those of NumPy 2.4 on x86-64.

  @Test func fractionsAreCutOffAndOverflowIsTheSmallestInteger() {
    let values: [Double] = [
      2.9, -2.9, 300, -1, 1e10, -1e10, .nan, .infinity, -.infinity, 0, 2_147_483_647,
      -2_147_483_648.5, 1e20,
    ]
    let smallest = Int32.min
    let doubles = NDArray(values)
    #expect(
      doubles.converted(to: .int32).elements() == [
        2, -2, 300, -1, smallest, smallest, smallest, smallest, smallest, 0, .max, smallest,
        smallest,
      ])
    #expect(
      doubles.converted(to: .int64).elements() == [
        2, -2, 300, -1, 10_000_000_000, -10_000_000_000, Int64.min, .min, .min, 0, 2_147_483_647,
        -2_147_483_648, .min,
      ])
    let floats = NDArray(values.map { Float($0) })
    #expect(
      floats.converted(to: .int32).elements() == [
        2, -2, 300, -1, smallest, smallest, smallest, smallest, smallest, 0, smallest, smallest,
        smallest,
      ])
    for array in [doubles, floats] {
      #expect(
        array[..<10].converted(to: .uint8).elements() == [
          2, 254, 44, 255, 0, 0, 0, 0, 0, 0 as UInt8,
        ]
      )
      #expect(
        array.converted(to: .bool).elements()
          == values.map { $0 != 0 })
    }
  }

  @Test func wholeNumbersWrapAround() {
    let large = NDArray([16_777_217, -1, (1 << 40) + 300, .min] as [Int64])
    #expect(large.converted(to: .int32).elements() == [16_777_217, -1, 300, 0] as [Int32])
    #expect(large.converted(to: .uint8).elements() == [1, 255, 44, 0] as [UInt8])
  }

  @Test func wholeNumbersRoundOnceToFloats() {
    // By way of a double, the last one would be rounded twice and come out lower.
    let array = NDArray([16_777_217, 9_007_199_254_740_993, 9_007_199_791_611_905] as [Int64])
    #expect(
      array.converted(to: .float32).elements()
        == [16_777_216, 9_007_199_254_740_992, 9_007_200_328_482_816] as [Float])
  }

  @Test(arguments: DType.allCases, DType.allCases)
  func smallNumbersSurviveEveryConversion(from: DType, to: DType) {
    let array = NDArray.from([[0, 1], [1, 0]], dtype: from)
    let converted = array.converted(to: to)
    #expect(converted.dtype == to)
    #expect(converted.shape == [2, 2])
    #expect(converted.doubles() == [0, 1, 1, 0])
  }
}
