import JacquardArrays
import Testing

@Suite struct NDArrayValueTests {
  @Test func changingACopyLeavesTheOriginal() {
    let original: NDArray = [1, 2, 3]
    var copy = original
    copy.withUnsafeMutableElements(of: Int32.self) { $0[0] = 99 }
    #expect(copy == [99, 2, 3])
    #expect(original == [1, 2, 3])
  }

  @Test func changingAnUnsharedArrayCopiesNothing() {
    var array: NDArray = [1, 2, 3]
    let before = array.storage.pointer
    array.withUnsafeMutableElements(of: Int32.self) { $0[1] = 5 }
    #expect(array.storage.pointer == before)
    #expect(array == [1, 5, 3])
  }

  @Test func changingASliceLeavesTheWholeAndBack() {
    var whole: NDArray = [[1, 2], [3, 4], [5, 6]]
    var row = whole[1]
    #expect(row.storage === whole.storage)
    row[0] = 30
    #expect(row == [30, 4])
    #expect(whole == [[1, 2], [3, 4], [5, 6]])
    let tail = whole[1..<3]
    whole[2] = [50, 60]
    #expect(tail == [[3, 4], [5, 6]])
    #expect(whole == [[1, 2], [3, 4], [50, 60]])
  }

  @Test func aSliceCopiesItsOwnBytesOnly() {
    let whole = NDArray.arange(100, .int64)
    var slice = whole[40..<42]
    slice[0] = 7
    #expect(slice.storage.byteCount == 16)
    #expect(slice.byteOffset == 0)
    #expect(slice == NDArray([7, 41] as [Int64]))
  }

  @Test func changingAReshapedArrayLeavesTheOriginal() {
    let original: NDArray = [[1, 2], [3, 4]]
    var flat = original.reshaped(to: [4])
    #expect(flat.storage === original.storage)
    flat[-1] = 40
    #expect(original == [[1, 2], [3, 4]])
    #expect(flat == [1, 2, 3, 40])
  }

  @Test func assigningAPartOfTheArrayToItself() {
    var array: NDArray = [[1, 2], [3, 4]]
    array[0] = array[1]
    #expect(array == [[3, 4], [3, 4]])
  }

  @Test func equalityIsBitwise() {
    let nan: NDArray = NDArray([Float.nan, 1])
    #expect(nan == NDArray([Float.nan, 1]))
    #expect(NDArray(0.0 as Double) != NDArray(-0.0 as Double))
    #expect(NDArray([1, 2] as [Int32]) != NDArray([1, 2] as [Int64]))
    #expect(NDArray([0, 0] as [Int32]) != NDArray([0, 0] as [Float]))
    #expect(NDArray([1, 2] as [Int32]) != NDArray([[1, 2]] as [[Int32]]))
    #expect(NDArray([1, 2] as [Int32]) != NDArray([1, 3] as [Int32]))
  }

  @Test func equalArraysHashAlike() {
    let whole: NDArray = [[1, 2], [3, 4]]
    let row: NDArray = [3, 4]
    #expect(whole[1] == row)
    #expect(whole[1].hashValue == row.hashValue)
    #expect(Set([whole[1], row, whole[0], whole.reshaped(to: [4])]).count == 3)
  }
}
