import Foundation

/// A file of TensorFlow records (tensorflow/core/lib/io/record_writer.cc), opened to append.
///
/// Records are collected and written together. What is in the file ends with a whole record even if a disk fills up meanwhile.
struct RecordFile: ~Copyable {
  let path: String
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var pendingSince: ContinuousClock.Instant?
  private let flushInterval: Duration
  private let clock = ContinuousClock()

  /// How many bytes are written at once.
  private static let flushSize = 1 << 16

  /// Makes a file that did not exist.
  ///
  /// - Throws: ``SummaryError/cannotWrite(path:reason:)``
  init(creating path: String, flushInterval: Duration) throws {
    self.path = path
    self.flushInterval = flushInterval
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SummaryError(path: path) }
  }

  deinit { close(descriptor) }

  /// Adds a record; writes it if enough have been collected, or the first of them has waited long enough.
  mutating func append(_ record: [UInt8]) throws {
    let length = Self.bytes(of: UInt64(record.count))
    pending += length + Self.bytes(of: CRC32C.masked(length))
    pending += record
    pending += Self.bytes(of: CRC32C.masked(record))
    let since = pendingSince ?? clock.now
    pendingSince = since
    if pending.count >= Self.flushSize || clock.now - since >= flushInterval { try flush() }
  }

  /// Writes all records to the file.
  ///
  /// - Throws: ``SummaryError/cannotWrite(path:reason:)``; the records are kept, to be tried again.
  mutating func flush() throws {
    var written = 0
    while written < pending.count {
      let count = pending[written...].withUnsafeBytes {
        write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        let error = SummaryError(path: path)
        takeBack(written)
        throw error
      }
      written += count
    }
    pending.removeAll(keepingCapacity: true)
    pendingSince = nil
  }

  /// Cuts off the last `count` bytes of the file.
  private func takeBack(_ count: Int) {
    guard count > 0 else { return }
    let end = lseek(descriptor, 0, SEEK_END)
    if end >= 0 { _ = ftruncate(descriptor, end - off_t(count)) }
  }

  private static func bytes(of value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension SummaryError {
  /// The error that the system has just reported for `path`.
  fileprivate init(path: String) {
    self = .cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }
}
