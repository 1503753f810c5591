import JacquardArrays
import Testing

@Suite struct ArrayStorageTests {
  @Test(arguments: [0, 1, 63, 64, 65, 1_000_003])
  func isAlignedToACacheLine(byteCount: Int) throws {
    for storage in [ArrayStorage(byteCount: byteCount), try .allocate(byteCount: byteCount)] {
      #expect(UInt(bitPattern: storage.pointer) % 64 == 0)
      #expect(storage.byteCount == byteCount)
      #expect(!storage.isWrapped)
    }
  }

  @Test func throwsWhereThereIsNoMemory() {
    #expect(throws: ArrayError.allocationFailed(bytes: .max - 4096)) {
      try ArrayStorage.allocate(byteCount: .max - 4096)
    }
    #expect("\(ArrayError.allocationFailed(bytes: 12))".contains("12 bytes"))
  }

  @Test func wrappedMemoryKeepsItsOwnerAlive() {
    final class Owner {
      let pointer = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
      deinit { pointer.deallocate() }
    }
    var owner: Owner? = Owner()
    weak let watched = owner
    let pointer = owner!.pointer
    pointer.initializeMemory(as: Int64.self, to: 42)
    var storage: ArrayStorage? = ArrayStorage(wrapping: pointer, byteCount: 8, owner: owner)
    owner = nil
    #expect(watched != nil)
    #expect(storage!.isWrapped)
    #expect(storage!.pointer == pointer)
    storage = nil
    #expect(watched == nil)
  }

  @Test func wrappedMemoryIsNotWrittenThroughAnArray() {
    let values = UnsafeMutableBufferPointer<Int32>.allocate(capacity: 3)
    defer { values.deallocate() }
    values.initialize(repeating: 7)
    // The array holds the only reference to the storage, and must not write through it even so.
    var array = NDArray(
      storage: ArrayStorage(
        wrapping: UnsafeMutableRawPointer(values.baseAddress!), byteCount: 12, owner: nil),
      dtype: .int32, shape: [3])
    #expect(array.elements() == [7, 7, 7] as [Int32])
    array[1] = 9
    #expect(array.elements() == [7, 9, 7] as [Int32])
    #expect(Array(values) == [7, 7, 7])
  }
}
