#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes that can be read from anywhere.
protocol RandomAccessBytes: Sendable {
  /// How many there are.
  var byteCount: Int { get }

  /// Fills `buffer` with the bytes from `offset` on, which are there.
  func read(from offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws
}

extension RandomAccessBytes {
  /// The bytes of `range`, which are there.
  func read(_ range: Range<Int>) throws -> [UInt8] {
    try Array(unsafeUninitializedCapacity: range.count) { buffer, count in
      try read(
        from: range.lowerBound,
        into: UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(rebasing: buffer[..<range.count])))
      count = range.count
    }
  }
}

/// Bytes in memory.
struct BytesInMemory: RandomAccessBytes {
  let bytes: [UInt8]

  var byteCount: Int { bytes.count }

  func read(from offset: Int, into buffer: UnsafeMutableRawBufferPointer) {
    bytes.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
    }
  }
}

/// The bytes of a file.
final class BytesInFile: RandomAccessBytes {
  let byteCount: Int
  private let path: String
  private let descriptor: Int32

  /// Opens the file at `path`.
  ///
  /// - Throws: ``FileReadError``.
  init(path: String) throws {
    // Without O_NONBLOCK, opening a pipe would wait for someone to write to it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileReadError(path: path, errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = FileReadError(path: path, errno)
      close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FileReadError(path: path, reason: isFolder ? "it is a folder" : "it is not a file")
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  func read(from offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileReadError(path: path, errno) }
      guard count > 0 else {
        throw FileReadError(
          path: path, reason: "it has been cut at byte \(offset + done) while it was read")
      }
      done += count
    }
  }
}

/// A file that could not be read.
public struct FileReadError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
  /// The file.
  public let path: String
  /// Why, as the system puts it.
  public let reason: String

  /// A file that could not be read.
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// What the system has just reported.
  init(path: String, _ code: Int32) {
    self.init(path: path, reason: String(cString: strerror(code)))
  }

  /// The path and the reason.
  public var description: String { "cannot read '\(path)': \(reason)" }

  /// The same text as `description`.
  public var errorDescription: String? { description }
}
