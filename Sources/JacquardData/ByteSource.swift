import CZlib
import Foundation

/// The decompressed bytes of a file, gzipped or plain; which one the first two bytes decide.
final class ByteSource {
  let path: String
  private let file: UnsafeMutablePointer<FILE>
  private var input = [UInt8](repeating: 0, count: 1 << 16)
  private var output = [UInt8](repeating: 0, count: 1 << 18)
  private var inputRange = 0..<0
  private var isAtEndOfFile = false
  // On the heap, because zlib refuses a stream whose address has changed.
  private var inflater: UnsafeMutablePointer<z_stream>?
  private var compressedOffset = 0
  private var isBetweenMembers = false

  /// Opens the file at `path`.
  init(path: String) throws {
    self.path = path
    guard let file = fopen(path, "rb") else {
      throw MNISTError.unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    self.file = file
    try refill()
    if inputRange.count >= 2, input[0] == 0x1F, input[1] == 0x8B {
      let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      stream.initialize(to: z_stream())
      inflater = stream
      // 15 window bits, plus 16: a gzip header and nothing else.
      let status = inflateInit2_(stream, 15 + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
      guard status == Z_OK else {
        throw MNISTError.corruptGzip(path: path, message: String(cString: zError(status)), byte: 0)
      }
    }
  }

  deinit {
    if let inflater {
      inflateEnd(inflater)
      inflater.deallocate()
    }
    fclose(file)
  }

  /// The error for a gzip stream that stops before its end marker.
  var endedInsideStream: MNISTError {
    .corruptGzip(path: path, message: "unexpected end of file", byte: compressedOffset)
  }

  /// Whether the last read stopped because a gzip stream was cut off.
  private(set) var isCutOff = false

  /// Appends up to `count` bytes to `bytes`; fewer only where the data ends.
  ///
  /// Memory grows with the data that arrives, never with `count` alone.
  func read(upTo count: Int, appendingTo bytes: inout [UInt8]) throws {
    var remaining = count
    while remaining > 0 {
      let wanted = min(remaining, output.count)
      let received = try read(wanted)
      bytes += output[..<received]
      remaining -= received
      if received < wanted { return }
    }
  }

  /// Puts up to `count` bytes into `output`, fewer only where the data ends.
  private func read(_ count: Int) throws -> Int {
    var filled = 0
    while filled < count {
      if inputRange.isEmpty, !isAtEndOfFile { try refill() }
      let received =
        if let inflater {
          try inflateInput(with: inflater, into: filled..<count)
        } else {
          copyInput(into: filled..<count)
        }
      if received == 0, inputRange.isEmpty, isAtEndOfFile {
        isCutOff = inflater != nil && !isBetweenMembers
        break
      }
      filled += received
    }
    return filled
  }

  private func refill() throws {
    let received = fread(&input, 1, input.count, file)
    if received < input.count {
      if ferror(file) != 0 {
        throw MNISTError.unreadable(path: path, reason: String(cString: strerror(errno)))
      }
      isAtEndOfFile = true
    }
    inputRange = 0..<received
  }

  private func copyInput(into range: Range<Int>) -> Int {
    let count = min(range.count, inputRange.count)
    output.replaceSubrange(range.prefix(count), with: input[inputRange.prefix(count)])
    inputRange.removeFirst(count)
    return count
  }

  private func inflateInput(
    with inflater: UnsafeMutablePointer<z_stream>, into range: Range<Int>
  ) throws -> Int {
    if isBetweenMembers {
      if inputRange.isEmpty { return 0 }
      // A gzip file may be several streams, one after the other.
      inflateReset(inflater)
      isBetweenMembers = false
    }
    let available = inputRange.count
    let status = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        inflater.pointee.next_in = input.baseAddress! + inputRange.lowerBound
        inflater.pointee.avail_in = UInt32(available)
        inflater.pointee.next_out = output.baseAddress! + range.lowerBound
        inflater.pointee.avail_out = UInt32(range.count)
        return inflate(inflater, Z_NO_FLUSH)
      }
    }
    let consumed = available - Int(inflater.pointee.avail_in)
    inputRange.removeFirst(consumed)
    compressedOffset += consumed
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: isBetweenMembers = true
    default:
      let message = inflater.pointee.msg ?? UnsafeMutablePointer(mutating: zError(status)!)
      throw MNISTError.corruptGzip(
        path: path, message: String(cString: message), byte: compressedOffset)
    }
    return range.count - Int(inflater.pointee.avail_out)
  }
}
