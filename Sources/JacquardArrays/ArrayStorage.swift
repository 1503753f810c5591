#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Raw memory that arrays share.
///
/// The memory is 64-byte aligned unless it was wrapped. Whoever writes through `pointer` must hold
/// the only reference; `NDArray` keeps to that by copying before it writes into shared storage.
public final class ArrayStorage: @unchecked Sendable {
  /// The alignment of allocated storage in bytes: one cache line, one AVX-512 register.
  public static let alignment = 64

  /// The first byte.
  public let pointer: UnsafeMutableRawPointer

  /// The usable size in bytes.
  public let byteCount: Int

  /// What keeps wrapped memory alive.
  public let owner: AnyObject?

  /// Whether the memory belongs to someone else.
  public let isWrapped: Bool

  private init(taking pointer: UnsafeMutableRawPointer, byteCount: Int) {
    self.pointer = pointer
    self.byteCount = byteCount
    owner = nil
    isWrapped = false
  }

  /// Allocates `byteCount` uninitialised bytes; traps where there is no memory.
  public convenience init(byteCount: Int) {
    guard let pointer = ArrayStorage.alignedMemory(byteCount: byteCount) else {
      fatalError("\(ArrayError.allocationFailed(bytes: byteCount))")
    }
    self.init(taking: pointer, byteCount: byteCount)
  }

  /// Wraps memory that belongs to someone else.
  ///
  /// - Parameters:
  ///   - pointer: The first byte; it must stay valid for as long as `owner` lives.
  ///   - byteCount: The usable size in bytes.
  ///   - owner: Retained for as long as this storage lives; `nil` where the memory is static.
  public init(wrapping pointer: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject?) {
    precondition(byteCount >= 0, "storage needs a non-negative size, not \(byteCount) bytes")
    self.pointer = pointer
    self.byteCount = byteCount
    self.owner = owner
    isWrapped = true
  }

  /// Allocates `byteCount` uninitialised bytes.
  ///
  /// - Throws: `ArrayError.allocationFailed` where there is no memory.
  public static func allocate(byteCount: Int) throws -> ArrayStorage {
    guard let pointer = alignedMemory(byteCount: byteCount) else {
      throw ArrayError.allocationFailed(bytes: byteCount)
    }
    return ArrayStorage(taking: pointer, byteCount: byteCount)
  }

  deinit {
    if !isWrapped { free(pointer) }
  }

  private static func alignedMemory(byteCount: Int) -> UnsafeMutableRawPointer? {
    precondition(byteCount >= 0, "storage needs a non-negative size, not \(byteCount) bytes")
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, alignment, max(byteCount, 1)) == 0 else { return nil }
    return memory
  }
}
