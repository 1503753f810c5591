import CZlib

/// The checksum of a safetensors file: CRC-32 of all its bytes, with zeros for the digits that spell it.
///
/// The format has none. Files that are written with one keep it in the metadata, where other readers see a string like any other;
/// who changes such a file on purpose puts ``none`` in its place.
struct SafeTensorsChecksum: Sendable {
  /// What the file says.
  var recorded: UInt32
  /// Where it says so, in bytes from the start of the file.
  var digits: Range<Int>

  /// The name of the checksum in the metadata.
  static let key = "jacquard.crc32"
  /// What stands in its place in a file that is not to be compared.
  static let none = "none"
  /// What stands for the digits where the checksum is computed.
  static let blank = "00000000"
  /// How many bytes are read at a time.
  private static let chunk = 1 << 20

  /// Puts the checksum in the place of the blank digits.
  ///
  /// - Parameters:
  ///   - header: everything before the elements, ``blank`` included.
  ///   - arrays: the elements.
  static func fill(_ header: inout [UInt8], elements arrays: [NDArray]) {
    // A quotation mark inside a string would be escaped, so nothing else reads like this.
    let label = Array("\"\(key)\":\"".utf8)
    guard let start = header.firstRange(of: label)?.upperBound else { return }
    var crc = RunningCRC()
    header.withUnsafeBytes { crc.add($0) }
    for array in arrays { array.littleEndian().withUnsafeBytes { crc.add($0) } }
    header.replaceSubrange(start..<start + blank.utf8.count, with: crc.digits.utf8)
  }

  /// Reads all of a file, and compares.
  ///
  /// - Throws: ``SafeTensorsError`` if it differs; what `bytes` throws.
  func verify(_ bytes: some RandomAccessBytes, file: String) throws {
    var crc = RunningCRC()
    var start = 0
    while start < bytes.byteCount {
      var piece = try bytes.read(start..<min(start + Self.chunk, bytes.byteCount))
      for index in digits.clamped(to: start..<start + piece.count) {
        piece[index - start] = UInt8(ascii: "0")
      }
      piece.withUnsafeBytes { crc.add($0) }
      start += piece.count
    }
    guard crc.value == recorded else {
      throw SafeTensorsError(
        file: file, byte: digits.lowerBound,
        problem: """
          the checksum recorded here is not that of the file, \(crc.digits): bytes have changed \
          since it was written
          """,
        remedy: """
          \(SafeTensorsError.useAnother), or, if they were changed on purpose, set \
          '\(Self.key)' in its metadata to '\(Self.none)'
          """)
    }
  }
}

/// CRC-32 of bytes that come piece by piece.
private struct RunningCRC {
  private(set) var value: UInt32 = 0

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      value = UInt32(
        truncatingIfNeeded: crc32(
          uLong(value), piece.bindMemory(to: UInt8.self).baseAddress, uInt(piece.count)))
      rest = rest.dropFirst(piece.count)
    }
  }

  /// The value as eight hexadecimal digits.
  var digits: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
