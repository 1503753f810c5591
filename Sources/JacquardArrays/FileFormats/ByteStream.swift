/// Bytes that are read in order, as many as are announced.
protocol ByteStream: AnyObject {
  /// Names the bytes in errors.
  var errors: FileErrorSource { get }

  /// How many bytes there are in all.
  var count: Int { get }

  /// How many have been read.
  var position: Int { get }

  /// Fills `target` with the next bytes; the caller has checked that `count` has as many.
  func read(into target: UnsafeMutableRawBufferPointer) throws
}

extension ByteStream {
  /// The next `length` bytes, which are `what`.
  func next(_ length: Int, _ what: String) throws -> [UInt8] {
    guard length <= count - position else { throw errors.isCutOff(at: count, "the end of \(what)") }
    var bytes = [UInt8](repeating: 0, count: length)
    try bytes.withUnsafeMutableBytes { try read(into: $0) }
    return bytes
  }
}

/// All bytes, from the first to the last.
final class PlainStream: ByteStream {
  let errors: FileErrorSource
  private(set) var position = 0
  private let bytes: any RandomAccessBytes

  init(_ bytes: any RandomAccessBytes, path: String) {
    self.bytes = bytes
    errors = FileErrorSource(path: path)
  }

  var count: Int { bytes.byteCount }

  func read(into target: UnsafeMutableRawBufferPointer) throws {
    try bytes.read(from: position, into: target)
    position += target.count
  }
}
