import JacquardArrays
import Testing

@Suite struct NDArrayIndexingTests {
  let cube = NDArray.arange(24, .int32).reshaped(to: [2, 3, 4])

  @Test func anIndexDropsTheLeadingAxis() {
    #expect(cube[1].shape == [3, 4])
    #expect(cube[1].elements() == Array(12..<24) as [Int32])
    #expect(cube[1, 2] == [20, 21, 22, 23])
    #expect(cube[0, 1, 3] == 7)
    #expect(cube[1][2][0].intValue == 20)
  }

  @Test func negativeIndicesCountFromTheEnd() {
    #expect(cube[-1] == cube[1])
    #expect(cube[-2, -1] == [8, 9, 10, 11])
    #expect(cube[1, -3, -4] == 12)
  }

  @Test func rangesShareMemory() {
    let rows = NDArray.arange(12, .float32).reshaped(to: [6, 2])
    #expect(rows[2..<4].elements() == [4, 5, 6, 7] as [Float])
    #expect(rows[2..<4].storage === rows.storage)
    #expect(rows[2..<4][1..<2][0] == rows[3])
    #expect(rows[4...] == rows[4..<6])
    #expect(rows[..<1].shape == [1, 2])
    #expect(rows[1...2] == rows[1..<3])
    #expect(rows[3..<3].shape == [0, 2])
    #expect(rows[6..<6].count == 0)
    #expect(NDArray.zeros(.float32, [0, 2])[0..<0].shape == [0, 2])
  }

  @Test func partsCanBeAssigned() {
    var array = NDArray.zeros(.float32, [2, 3])
    array[0] = [1, 2, 3]
    array[1, -1] = 4.5
    #expect(array == [[1, 2, 3], [0, 0, 4.5]])
    array[1][0] = 9
    #expect(array == [[1, 2, 3], [9, 0, 4.5]])
  }

  @Test func slicesAlongAnyAxis() {
    #expect(
      cube.sliced(axis: 1, range: 1..<3).elements() == [
        4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23,
      ] as [Int32])
    #expect(cube.sliced(axis: -1, range: 3..<4).shape == [2, 3, 1])
    #expect(cube.sliced(axis: 2, range: 3..<4).elements() == [3, 7, 11, 15, 19, 23] as [Int32])
    #expect(cube.sliced(axis: 0, range: 1..<2) == cube[1..<2])
    #expect(cube.sliced(axis: 1, range: 2..<2).shape == [2, 0, 4])
    #expect(NDArray.zeros(.int32, [0, 4]).sliced(axis: 1, range: 1..<3).shape == [0, 2])
  }

  @Test func rowsCanBeGathered() {
    let rows = NDArray.arange(6, .int64).reshaped(to: [3, 2])
    #expect(rows.taking(rows: [2, 0, 2, -2]).elements() == [4, 5, 0, 1, 4, 5, 2, 3] as [Int64])
    #expect(rows.taking(rows: []).shape == [0, 2])
    #expect(rows[1...].taking(rows: [1]) == [[4, 5]].int64)
    #expect(NDArray([7, 8, 9] as [UInt8]).taking(rows: [1, 1]) == NDArray([8, 8] as [UInt8]))
    #expect(NDArray.zeros(.bool, [3, 0]).taking(rows: [0, 1, 2, 0]).shape == [4, 0])
  }

  @Test func indicesOutOfRangeAreExplained() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray.zeros(.float32, [2, 3])[1, 3]
    }
    expectTrap(result, says: "index 3 is out of range for axis 1 of length 3")
  }

  @Test func fractionsAreNotAssignedToWholeNumbers() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var array = NDArray.zeros(.int32, [2])
      array[0] = 1.5
      _ = array
    }
    expectTrap(result, says: "float32 was assigned to a part of an array of int32")
  }
}

extension Array where Element == [Int64] {
  fileprivate var int64: NDArray { NDArray(self) }
}
