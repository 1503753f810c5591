#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory for a stack of which only the run knows the length.
struct GrowingStack {
  private(set) var base: UnsafeMutableRawPointer?
  /// The bytes allocated.
  private(set) var capacity = 0
  /// The rows of the last loop that filled it.
  var count = 0

  /// The least that is allocated at all.
  private static let minimumCapacity = 4096

  func hasRoom(for count: Int, rowByteCount: Int) -> Bool {
    let (needed, overflow) = count.multipliedReportingOverflow(by: rowByteCount)
    return !overflow && needed <= capacity
  }

  /// Makes room for `count` rows in all, doubling what there is, by at most `limit` further bytes.
  mutating func grow(to count: Int, rowByteCount: Int, limit: Int) -> Bool {
    let (needed, overflow) = count.multipliedReportingOverflow(by: rowByteCount)
    guard !overflow else { return false }
    let doubled = max(needed, capacity &* 2, Self.minimumCapacity)
    let wanted = doubled - capacity <= limit ? doubled : needed
    guard wanted - capacity <= limit, let memory = realloc(base, wanted) else { return false }
    base = memory
    capacity = wanted
    return true
  }

  mutating func deallocate() {
    free(base)
    base = nil
    capacity = 0
  }
}
