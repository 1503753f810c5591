#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A dense array of numbers or Booleans, contiguous in row-major order.
///
/// An array is a value: it can be copied for the cost of a reference, and changing a copy leaves
/// the original as it was. Slices along the leading axis and reshapes share memory until one of
/// them is changed.
///
///     let a: NDArray = [[1, 2, 3], [4, 5, 6]]  // int32, shape [2, 3]
///     a[1]                                     // [4 5 6]
///     a.transposed().shape                     // [3, 2]
///
/// Two arrays are equal where element type, shape and the bits of all elements are the same: a NaN
/// equals itself, and 0.0 differs from -0.0. `isClose(to:)` compares with a tolerance.
public struct NDArray: Sendable {
  /// The memory that holds the elements; other arrays may share it.
  public internal(set) var storage: ArrayStorage

  /// Where the first element is in `storage`, in bytes.
  public internal(set) var byteOffset: Int

  /// The element type.
  public let dtype: DType

  /// The length of each axis, outermost first; empty for a scalar.
  public let shape: [Int]

  /// The number of elements.
  public let count: Int

  /// The number of axes; 0 for a scalar.
  public var rank: Int { shape.count }

  /// The size of all elements in bytes.
  public var byteCount: Int { count * dtype.byteCount }

  /// An array over existing storage.
  ///
  /// - Parameters:
  ///   - storage: Holds the elements in row-major order; Booleans as bytes 0 or 1.
  ///   - byteOffset: Where the first element is; a multiple of the element size.
  ///   - dtype: The element type.
  ///   - shape: The length of each axis.
  public init(storage: ArrayStorage, byteOffset: Int = 0, dtype: DType, shape: [Int]) {
    let count = ShapeArithmetic.elementCount(shape)
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount)
    precondition(!overflow, "\(dtype) of shape \(shape) has more bytes than an Int can count")
    precondition(
      byteOffset >= 0 && byteOffset <= storage.byteCount
        && byteCount <= storage.byteCount - byteOffset,
      """
      \(dtype) of shape \(shape) at byte \(byteOffset) takes \(byteCount) bytes, \
      the storage has \(storage.byteCount)
      """)
    precondition(
      UInt(bitPattern: storage.pointer + byteOffset) % UInt(dtype.byteCount) == 0,
      "byte offset \(byteOffset) is not aligned for \(dtype)")
    self.storage = storage
    self.byteOffset = byteOffset
    self.dtype = dtype
    self.shape = shape
    self.count = count
  }

  /// An array whose elements `initializer` writes.
  ///
  /// - Parameters:
  ///   - dtype: The element type.
  ///   - shape: The length of each axis.
  ///   - initializer: Writes every byte of the uninitialised buffer it is given.
  public init(
    uninitialized dtype: DType, shape: [Int],
    initializer: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    let (byteCount, overflow) = ShapeArithmetic.elementCount(shape)
      .multipliedReportingOverflow(by: dtype.byteCount)
    precondition(!overflow, "\(dtype) of shape \(shape) has more bytes than an Int can count")
    let storage = ArrayStorage(byteCount: byteCount)
    try initializer(UnsafeMutableRawBufferPointer(start: storage.pointer, count: byteCount))
    self.init(storage: storage, dtype: dtype, shape: shape)
  }

  /// Calls `body` with the bytes of all elements; they are valid during the call only.
  @inlinable
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) {
      try body(UnsafeRawBufferPointer(start: storage.pointer + byteOffset, count: byteCount))
    }
  }

  /// Calls `body` with the bytes of all elements, to be changed in place.
  ///
  /// Shared memory is copied first, so that no other array changes. Booleans must stay 0 or 1.
  public mutating func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    makeUnique()
    return try withExtendedLifetime(storage) {
      try body(UnsafeMutableRawBufferPointer(start: storage.pointer + byteOffset, count: byteCount))
    }
  }

  /// Moves the elements to storage that no one else refers to, unless they are there already.
  private mutating func makeUnique() {
    if !storage.isWrapped && isKnownUniquelyReferenced(&storage) { return }
    let copy = ArrayStorage(byteCount: byteCount)
    copy.pointer.copyMemory(from: storage.pointer + byteOffset, byteCount: byteCount)
    storage = copy
    byteOffset = 0
  }
}

extension NDArray: Hashable {
  /// Whether element type, shape and the bits of all elements are the same.
  public static func == (a: NDArray, b: NDArray) -> Bool {
    guard a.dtype == b.dtype && a.shape == b.shape else { return false }
    if a.storage === b.storage && a.byteOffset == b.byteOffset { return true }
    return a.withUnsafeBytes { bytesA in
      b.withUnsafeBytes { bytesB in
        // The base addresses are never nil: storage has at least one byte.
        memcmp(bytesA.baseAddress!, bytesB.baseAddress!, bytesA.count) == 0
      }
    }
  }

  /// Hashes element type, shape and the bits of all elements.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(dtype)
    hasher.combine(shape)
    withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
