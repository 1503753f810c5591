/// Named arrays, and strings about them, as a file in the safetensors format.
///
/// ```swift
/// try SafeTensors(tensors: [("w", weights), ("b", biases)]).write(to: "layer.safetensors")
/// let weights = try SafeTensors(contentsOf: "layer.safetensors")["w"]
/// ```
///
/// Python's `safetensors` reads the files written here, and what it writes is read here, if the
/// elements are of a type that arrays here have: F32, F64, I32, I64, U8 and BOOL.
public struct SafeTensors: Sendable {
  /// The arrays; those of a file in the order of their elements.
  public var tensors: [(name: String, value: NDArray)]
  /// Strings by name.
  public var metadata: [String: String]

  /// Arrays to be written.
  ///
  /// - Parameters:
  ///   - tensors: the arrays, each with a name of its own.
  ///   - metadata: strings by name.
  public init(tensors: [(name: String, value: NDArray)], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The array called `name`, if there is one.
  public subscript(name: String) -> NDArray? { tensors.first { $0.name == name }?.value }

  // MARK: Writing

  /// Writes the arrays to the file at `path`, which is replaced as a whole or, if that fails, not at all.
  ///
  /// The bytes depend on nothing but the arrays and the strings; they are those that Python's
  /// `safetensors` writes, with the strings sorted.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - checksum: whether the metadata gets a checksum, `jacquard.crc32`, which is compared whenever
  ///     the file is read here; other readers see one string more. Who changes the file by other means
  ///     sets it to `none`.
  /// - Throws: ``SafeTensorsError`` for a name that occurs twice or cannot be used; ``FileWriteError``.
  public func write(to path: String, checksum: Bool = false) throws {
    let (header, ordered) = try SafeTensorsHeader.arrange(
      tensors, metadata: metadata, checksum: checksum, file: path)
    try replaceFile(at: path) { file in
      try header.withUnsafeBytes { try file.write($0) }
      for array in ordered { try array.littleEndian().withUnsafeBytes { try file.write($0) } }
    }
  }

  /// The bytes that ``write(to:checksum:)`` writes.
  ///
  /// - Throws: ``SafeTensorsError`` for a name that occurs twice or cannot be used.
  public func encoded(checksum: Bool = false) throws -> [UInt8] {
    var (bytes, ordered) = try SafeTensorsHeader.arrange(
      tensors, metadata: metadata, checksum: checksum, file: "safetensors")
    bytes.reserveCapacity(ordered.reduce(bytes.count) { $0 + $1.byteCount })
    for array in ordered { array.littleEndian().withUnsafeBytes { bytes += $0 } }
    return bytes
  }

  // MARK: Reading

  /// The contents of the file at `path`.
  ///
  /// The header is checked in full before anything is read: memory is taken for what is in the
  /// file, never for what its header claims.
  ///
  /// - Throws: ``SafeTensorsError``, which says what is wrong with the file and at which byte;
  ///   ``FileReadError``; ``ArrayError/allocationFailed(bytes:)``.
  public init(contentsOf path: String) throws { try self.init(SafeTensorsFile(path: path)) }

  /// The contents of a file whose bytes are in memory.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  /// - Throws: ``SafeTensorsError``, ``ArrayError/allocationFailed(bytes:)``.
  public init(decoding bytes: [UInt8], name: String = "safetensors") throws {
    try self.init(SafeTensorsFile(BytesInMemory(bytes: bytes), name: name))
  }

  private init(_ file: SafeTensorsFile) throws {
    try file.verify()
    tensors = try file.entries.map { ($0.name, try file.array(of: $0)) }
    metadata = file.metadata
  }
}
