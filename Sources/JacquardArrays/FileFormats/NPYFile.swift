/// Reads the array that follows an `.npy` header.
enum NPYFile {
  /// The array in `stream`, which must end with it.
  static func read(from stream: some ByteStream) throws -> NDArray {
    let header = try NPYHeader(from: stream)
    let start = stream.position
    let rest = stream.count - start
    guard header.byteCount == rest else {
      let elements = "\(header.dtype) of shape \(header.shape) takes \(header.byteCount) bytes"
      if header.byteCount > rest {
        throw stream.errors.error(
          "\(elements), but only \(rest) follow the header", at: stream.count,
          remedy: "the file was cut off: copy or write it again")
      }
      throw stream.errors.error(
        "\(elements), but \(rest) follow the header", at: start + header.byteCount,
        remedy: "save one array to a file, or several with numpy.savez")
    }
    // Only now that the bytes are known to exist.
    let storage = try ArrayStorage.allocate(byteCount: header.byteCount)
    let bytes = UnsafeMutableRawBufferPointer(start: storage.pointer, count: header.byteCount)
    try stream.read(into: bytes)
    if header.isBigEndian != (1.littleEndian != 1) {
      reverseBytes(of: bytes, elementSize: header.dtype.byteCount)
    }
    if header.dtype == .bool, let index = bytes.firstIndex(where: { $0 > 1 }) {
      throw stream.errors.error(
        "a Boolean is \(bytes[index]), neither 0 nor 1", at: start + index,
        remedy: "save it as uint8 if it holds numbers")
    }
    guard header.isFortranOrder else {
      return NDArray(storage: storage, dtype: header.dtype, shape: header.shape)
    }
    return NDArray(storage: storage, dtype: header.dtype, shape: header.shape.reversed())
      .transposed()
  }

  /// Hands the bytes of a whole `.npy` file to `write`, in order and in a few pieces.
  static func write(
    _ array: NDArray, to write: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    try NPYHeader(dtype: array.dtype, shape: array.shape).encoded.withUnsafeBytes { try write($0) }
    guard array.byteCount > 0 else { return }
    if 1.littleEndian == 1 {
      try array.withUnsafeBytes { try write($0) }
    } else {
      var copy = array
      copy.withUnsafeMutableBytes { reverseBytes(of: $0, elementSize: array.dtype.byteCount) }
      try copy.withUnsafeBytes { try write($0) }
    }
  }

  /// The size of what `write` writes.
  static func byteCount(of array: NDArray) -> Int {
    NPYHeader(dtype: array.dtype, shape: array.shape).encoded.count + array.byteCount
  }

  private static func reverseBytes(of bytes: UnsafeMutableRawBufferPointer, elementSize: Int) {
    switch elementSize {
    case 4: bytes.withMemoryRebound(to: UInt32.self) { reverseBytes(of: $0) }
    case 8: bytes.withMemoryRebound(to: UInt64.self) { reverseBytes(of: $0) }
    default: break
    }
  }

  private static func reverseBytes<Word: FixedWidthInteger>(
    of words: UnsafeMutableBufferPointer<Word>
  ) {
    for index in words.indices { words[index] = words[index].byteSwapped }
  }
}

extension NDArray {
  /// Reads the array in the NumPy file (`.npy`) at `path`.
  ///
  /// Versions 1.0, 2.0 and 3.0, either byte order, and Fortran order are read; the array is in
  /// row-major order afterwards. The element types are those of `DType`: NumPy's `float16`,
  /// `complex64`, strings, records or Python objects are not.
  ///
  /// - Throws: ``FileReadError`` where there is no file to read, and ``NumPyFileError``, which says
  ///   what is wrong and at which byte. Memory for the elements is taken only once the file is known
  ///   to hold them.
  public init(contentsOfNPY path: String) throws {
    self = try NPYFile.read(from: PlainStream(BytesInFile(path: path), path: path))
  }

  /// Writes this array to a NumPy file (`.npy`) at `path`, for `numpy.load`.
  ///
  /// The bytes are those that `numpy.save` writes: version 1.0, little-endian, row-major.
  ///
  /// - Throws: ``FileWriteError``; a file that was at `path` is then as it was.
  public func writeNPY(to path: String) throws {
    try replaceFile(at: path) { file in
      try NPYFile.write(self) { try file.write($0) }
    }
  }
}
