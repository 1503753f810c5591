import CZlib

/// Unpacks a raw deflate stream as its bytes are asked for.
final class Inflater {
  /// No deflate stream unpacks to more than this many times its size
  /// (a match of 258 bytes takes at least two bits).
  static let maximumRatio = 1_032

  // On the heap, because zlib refuses a stream whose address has changed.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var input: [UInt8] = []
  private var inputRange = 0..<0
  private(set) var isAtEnd = false

  init() {
    stream.initialize(to: z_stream())
    // Negative window bits: no zlib or gzip header.
    let status = inflateInit2_(stream, -15, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib cannot start: \(String(cString: zError(status)))")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// What is wrong with the packed bytes.
  struct Failure: Error {
    let message: String
  }

  /// Puts unpacked bytes into `target` until it is full or the stream ends.
  ///
  /// - Parameter refill: The next packed bytes; none where there are no more.
  /// - Returns: How many bytes there were.
  func read(
    into target: UnsafeMutableRawBufferPointer, refill: () throws -> [UInt8]
  ) throws -> Int {
    var filled = 0
    while filled < target.count && !isAtEnd {
      if inputRange.isEmpty {
        input = try refill()
        inputRange = input.indices
      }
      let isLast = inputRange.isEmpty
      let room = min(target.count - filled, 1 << 30)
      let status = input.withUnsafeMutableBufferPointer { input in
        stream.pointee.next_in = input.baseAddress.map { $0 + inputRange.lowerBound }
        stream.pointee.avail_in = UInt32(inputRange.count)
        stream.pointee.next_out = target.baseAddress!
          .advanced(by: filled).assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        return inflate(stream, Z_NO_FLUSH)
      }
      inputRange.removeFirst(inputRange.count - Int(stream.pointee.avail_in))
      let received = room - Int(stream.pointee.avail_out)
      filled += received
      switch status {
      case Z_STREAM_END: isAtEnd = true
      case Z_OK, Z_BUF_ERROR:
        if isLast && received == 0 { return filled }
      default:
        let message = stream.pointee.msg.map { String(cString: $0) }
        throw Failure(message: message ?? String(cString: zError(status)))
      }
    }
    return filled
  }
}

/// Packs bytes to a raw deflate stream, the same for the same bytes.
final class Deflater {
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var output = [UInt8](repeating: 0, count: 1 << 16)
  private var packed: [UInt8] = []

  init() {
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib cannot start: \(String(cString: zError(status)))")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func append(_ bytes: UnsafeRawBufferPointer) {
    for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
      let end = min(start + 1 << 30, bytes.count)
      run(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), flush: Z_NO_FLUSH)
    }
  }

  /// All packed bytes; nothing can be appended afterwards.
  func finish() -> [UInt8] {
    run(UnsafeRawBufferPointer(start: nil, count: 0), flush: Z_FINISH)
    return packed
  }

  private func run(_ bytes: UnsafeRawBufferPointer, flush: Int32) {
    // zlib does not write to its input, but its declaration does not say so.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(bytes.count)
    repeat {
      let room = output.count
      output.withUnsafeMutableBufferPointer {
        stream.pointee.next_out = $0.baseAddress
        stream.pointee.avail_out = UInt32(room)
        _ = deflate(stream, flush)
      }
      packed += output[..<(room - Int(stream.pointee.avail_out))]
    } while stream.pointee.avail_out == 0
  }
}

/// The cyclic redundancy check of the zip format (CRC-32 of ISO 3309).
struct CRC32: Hashable {
  private(set) var value: UInt32 = 0

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    value = UInt32(
      truncatingIfNeeded: crc32_z(
        UInt(value), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}
