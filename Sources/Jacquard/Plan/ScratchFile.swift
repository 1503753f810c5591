#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file without a name, mapped into memory, for what a run need not have at hand all the time.
///
/// It is gone with the context that owns it, or with the process, however that ends. Its bytes are reserved on the disk before they
/// are used, since a write to a mapping for which the disk has no room would kill the process.
final class ScratchFile: Sendable {
  /// Why a file could not be made, or not be made larger.
  struct Failure: Error {
    var bytes: Int
    var directory: String
    var reason: String
  }

  static let pageByteCount = sysconf(Int32(_SC_PAGESIZE))

  private let directory: String
  private let descriptor: Int32
  // Changed between the steps of a run only.
  private nonisolated(unsafe) var mapping: UnsafeMutableRawPointer?
  private nonisolated(unsafe) var mappedByteCount = 0
  private nonisolated(unsafe) var reservedByteCount = 0

  /// A file of `byteCount` bytes.
  init(in directory: String, byteCount: Int) throws(Failure) {
    self.directory = directory
    var path = Array("\(directory)/jacquard-XXXXXX".utf8CString)
    descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw failure(byteCount, errno) }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    try reserve(byteCount)
  }

  deinit {
    if let mapping { munmap(mapping, mappedByteCount) }
    if descriptor >= 0 { close(descriptor) }
  }

  /// The first byte; another one once the file has become larger than ever before.
  var base: UnsafeMutableRawPointer {
    guard let mapping else { preconditionFailure("a scratch file has no room yet") }
    return mapping
  }

  func contains(_ pointer: UnsafeMutableRawPointer) -> Bool {
    base <= pointer && pointer < base + mappedByteCount
  }

  /// Makes room for `byteCount` bytes in all, more than none; keeps what the file holds.
  func reserve(_ byteCount: Int) throws(Failure) {
    // Some file systems would fill the disk before they find that it is too small.
    guard byteCount - reservedByteCount <= freeByteCount else { throw failure(byteCount, ENOSPC) }
    var error = posix_fallocate(descriptor, 0, off_t(byteCount))
    while error == EINTR { error = posix_fallocate(descriptor, 0, off_t(byteCount)) }
    guard error == 0 else { throw failure(byteCount, error) }
    reservedByteCount = byteCount
    if byteCount <= mappedByteCount { return }
    let new = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let new, new != MAP_FAILED else { throw failure(byteCount, errno) }
    if let mapping { munmap(mapping, mappedByteCount) }
    (mapping, mappedByteCount) = (new, byteCount)
  }

  /// Forgets what the file holds, and gives the disk its room back.
  func clear() {
    if ftruncate(descriptor, 0) == 0 { reservedByteCount = 0 }
  }

  /// Lets go of the memory of some bytes, which can be read again.
  ///
  /// The system may then use it for something else, and writes the bytes to the disk when it wants to.
  func release(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    let mask = Self.pageByteCount - 1
    let lower = (start - base) & ~mask
    let upper = min((start - base + byteCount + mask) & ~mask, mappedByteCount)
    guard lower < upper else { return }
    madvise(base + lower, upper - lower, MADV_DONTNEED)
  }

  /// The bytes for which the disk has room.
  private var freeByteCount: Int {
    var status = statvfs()
    guard fstatvfs(descriptor, &status) == 0 else { return .max }
    let (bytes, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
      by: Int(clamping: status.f_frsize))
    return overflow ? .max : bytes
  }

  private func failure(_ byteCount: Int, _ error: Int32) -> Failure {
    Failure(bytes: byteCount, directory: directory, reason: String(cString: strerror(error)))
  }
}

extension ScratchFile.Failure: CustomStringConvertible {
  /// What was found, and what would mend it.
  var description: String {
    """
    could not make room for \(SessionError.megabytes(bytes)) (\(bytes) bytes) in a scratch file in \
    '\(directory)': \(reason); free space there, give another scratchDirectory, or feed shorter \
    sequences or smaller batches
    """
  }
}
