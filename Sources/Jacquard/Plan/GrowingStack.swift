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
  /// The bytes there is room for.
  private(set) var capacity = 0
  /// Where it lies, if not in memory.
  private(set) var file: ScratchFile?
  /// The rows of the last loop that filled it.
  var count = 0

  /// The least that there is room for at all.
  private static let minimumCapacity = 4096

  func hasRoom(for count: Int, rowByteCount: Int) -> Bool {
    let (needed, overflow) = count.multipliedReportingOverflow(by: rowByteCount)
    return !overflow && needed <= capacity
  }

  /// The bytes it takes in memory.
  var byteCount: Int { file == nil ? capacity : 0 }

  /// The bytes that are best made room for if `count` rows need it: twice what there is, or all that can be counted.
  func wantedCapacity(for count: Int, rowByteCount: Int) -> Int {
    let (needed, overflow) = count.multipliedReportingOverflow(by: rowByteCount)
    return overflow ? .max : max(needed, capacity &* 2, Self.minimumCapacity)
  }

  /// Makes room in memory for `count` rows in all, doubling what there is, by at most `limit` further bytes.
  mutating func grow(to count: Int, rowByteCount: Int, limit: Int) -> Bool {
    let (needed, overflow) = count.multipliedReportingOverflow(by: rowByteCount)
    guard !overflow else { return false }
    let doubled = wantedCapacity(for: count, rowByteCount: rowByteCount)
    let wanted = doubled - capacity <= limit ? doubled : needed
    guard wanted - capacity <= limit, let memory = realloc(base, wanted) else { return false }
    base = memory
    capacity = wanted
    return true
  }

  /// Makes room for `count` rows in a file, and moves there if it lies in memory.
  mutating func grow(
    to count: Int, rowByteCount: Int, inFileOf directory: String
  ) throws(ScratchFile.Failure) {
    let wanted = wantedCapacity(for: count, rowByteCount: rowByteCount)
    if let file {
      try file.reserve(wanted)
      base = file.base
    } else {
      let file = try ScratchFile(in: directory, byteCount: wanted)
      if let base { file.base.copyMemory(from: base, byteCount: capacity) }
      free(base)
      base = file.base
      self.file = file
    }
    capacity = wanted
  }

  /// Forgets what lies in a file.
  mutating func clearFile() {
    guard let file else { return }
    file.clear()
    capacity = 0
  }

  mutating func deallocate() {
    if file == nil { free(base) }
    file = nil
    base = nil
    capacity = 0
  }
}
