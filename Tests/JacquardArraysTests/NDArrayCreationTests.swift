import JacquardArrays
import Testing

@Suite struct NDArrayCreationTests {
  @Test func elementsAreInRowMajorOrder() {
    let array = NDArray([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    #expect(array.dtype == .float32)
    #expect(array.shape == [2, 3])
    #expect(array.rank == 2)
    #expect(array.count == 6)
    #expect(array.byteCount == 24)
    #expect(array[1].elements() == [4, 5, 6] as [Float])
  }

  @Test func swiftArraysGiveTheirNestingAsShape() {
    #expect(NDArray([1, 2] as [Int64]).shape == [2])
    #expect(NDArray([[1, 2, 3], [4, 5, 6]] as [[Double]]).shape == [2, 3])
    let cube = NDArray([[[1], [2]], [[3], [4]], [[5], [6]]] as [[[UInt8]]])
    #expect(cube.shape == [3, 2, 1])
    #expect(cube.elements() == [1, 2, 3, 4, 5, 6] as [UInt8])
    #expect(NDArray([] as [Float]).shape == [0])
    #expect(NDArray([[], []] as [[Float]]).shape == [2, 0])
    #expect(NDArray([[[]]] as [[[Bool]]]).shape == [1, 1, 0])
  }

  @Test func scalarsHaveNoAxes() {
    let scalar = NDArray(2.5 as Double)
    #expect(scalar.shape == [])
    #expect(scalar.count == 1)
    #expect(scalar.scalar() == 2.5)
    #expect(NDArray(repeating: true, shape: [2]).elements() == [true, true])
  }

  @Test func axesOfLengthZeroAndOneAreOrdinary() {
    let empty = NDArray.zeros(.float64, [3, 0, 2])
    #expect(empty.count == 0)
    #expect(empty.byteCount == 0)
    #expect(empty.elements(as: Double.self) == [])
    #expect(empty == NDArray([] as [Double], shape: [3, 0, 2]))
    #expect(empty != NDArray([] as [Double], shape: [0, 3, 2]))
    #expect(NDArray.ones(.int32, [1, 1, 1]).scalar() == 1 as Int32)
  }

  @Test(arguments: DType.allCases)
  func filledArraysHoldTheirValueInEachType(dtype: DType) {
    #expect(NDArray.zeros(dtype, [2, 3]).doubles() == [0, 0, 0, 0, 0, 0])
    #expect(NDArray.ones(dtype, [3]).doubles() == [1, 1, 1])
    #expect(NDArray.full(1, dtype: dtype, shape: []).dtype == dtype)
    #expect(NDArray.arange(2, dtype).doubles() == [0, 1])
  }

  @Test func fillingConverts() {
    #expect(NDArray.full(-2.75, dtype: .int32, shape: [2]).elements() == [-2, -2] as [Int32])
    #expect(NDArray.full(0.5, dtype: .bool, shape: [1]).elements() == [true])
    #expect(NDArray.arange(4, .float64).elements() == [0, 1, 2, 3] as [Double])
    #expect(NDArray.arange(0, .int64).shape == [0])
  }

  @Test func initializerWritesInPlaceAndMayThrow() throws {
    let array = NDArray(uninitialized: .int32, shape: [4]) { bytes in
      for (index, element) in bytes.bindMemory(to: Int32.self).indices.enumerated() {
        bytes.storeBytes(of: Int32(index * index), toByteOffset: element * 4, as: Int32.self)
      }
    }
    #expect(array.elements() == [0, 1, 4, 9] as [Int32])
    struct Refusal: Error {}
    #expect(throws: Refusal.self) {
      try NDArray(uninitialized: .int32, shape: [4]) { _ in throw Refusal() }
    }
  }

  @Test func storageCanBeSharedAtAnOffset() {
    let whole = NDArray.arange(6, .int32)
    let tail = NDArray(storage: whole.storage, byteOffset: 8, dtype: .int32, shape: [2, 2])
    #expect(tail.elements() == [2, 3, 4, 5] as [Int32])
  }

  @Test func wrongElementCountIsExplained() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray([1, 2, 3] as [Float], shape: [2, 2])
    }
    expectTrap(result, says: "shape [2, 2] has 4 elements, but 3 were given")
  }

  @Test func raggedRowsAreExplained() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray([[1, 2], [3]] as [[Float]])
    }
    expectTrap(result, says: "row 1 has 1 elements, but row 0 has 2")
  }

  @Test func storageThatIsTooSmallIsExplained() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NDArray(storage: ArrayStorage(byteCount: 8), byteOffset: 4, dtype: .int32, shape: [2])
    }
    expectTrap(result, says: "takes 8 bytes, the storage has 8")
  }
}
