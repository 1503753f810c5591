/// A safetensors file whose header has been checked, and whose arrays are read as they are asked for.
package final class SafeTensorsFile: Sendable {
  /// What the header says of a tensor.
  package struct Entry: Sendable {
    /// What it is called.
    package let name: String
    /// The element type.
    package let dtype: DType
    /// The length of each axis.
    package let shape: [Int]
    /// Where its elements are, in bytes from the start of the file.
    let range: Range<Int>
  }

  /// The tensors in the order of their elements.
  package let entries: [Entry]
  /// Strings by name.
  package let metadata: [String: String]

  /// Whether there is a checksum, or the file says that it has none on purpose.
  package let settlesChecksum: Bool

  private let checksum: SafeTensorsChecksum?
  private let bytes: any RandomAccessBytes
  private let name: String

  /// Opens the file at `path`, and reads its header.
  ///
  /// - Throws: ``SafeTensorsError``, ``FileReadError``.
  package convenience init(path: String) throws {
    try self.init(BytesInFile(path: path), name: path)
  }

  init(_ bytes: some RandomAccessBytes, name: String) throws {
    let header = try SafeTensorsHeader(of: bytes, file: name)
    entries = header.entries
    metadata = header.metadata
    checksum = header.checksum
    settlesChecksum = header.checksum != nil || header.declinesChecksum
    self.bytes = bytes
    self.name = name
  }

  /// Reads all of the file, and compares its checksum if it has one.
  ///
  /// - Throws: ``SafeTensorsError``, ``FileReadError``.
  package func verify() throws { try checksum?.verify(bytes, file: name) }

  /// Reads the array of `entry`, one of ``entries``; it shares its memory with no one.
  ///
  /// - Throws: ``SafeTensorsError`` if a Boolean is neither 0 nor 1; ``FileReadError``;
  ///   ``ArrayError/allocationFailed(bytes:)``.
  package func array(of entry: Entry) throws -> NDArray {
    let storage = try ArrayStorage.allocate(byteCount: entry.range.count)
    let buffer = UnsafeMutableRawBufferPointer(start: storage.pointer, count: entry.range.count)
    try bytes.read(from: entry.range.lowerBound, into: buffer)
    if entry.dtype == .bool, let index = buffer.firstIndex(where: { $0 > 1 }) {
      throw SafeTensorsError(
        file: name, byte: entry.range.lowerBound + index,
        problem: """
          the element \(index) of \(entry.name.quotedForMessage), a BOOL, is \(buffer[index]), \
          neither 0 nor 1
          """, remedy: SafeTensorsError.useAnother)
    }
    return NDArray(storage: storage, dtype: entry.dtype, shape: entry.shape).littleEndian()
  }
}
