/// Arrays with names, as NumPy keeps them in an `.npz` file: a zip archive of `.npy` files.
///
///     let archive = try NPZArchive(contentsOf: "weights.npz")
///     let kernel = archive["kernel"]                  // NDArray?
///     let changed: NPZArchive = ["kernel": k, "bias": b]
///     try changed.write(to: "changed.npz")
public struct NPZArchive: Sendable, Hashable {
  /// The names, in the order of the file or in which arrays were added.
  public private(set) var names: [String] = []

  private var arrays: [String: NDArray] = [:]

  /// An archive without arrays.
  public init() {}

  /// The array called `name`; setting it to `nil` removes it.
  public subscript(name: String) -> NDArray? {
    get { arrays[name] }
    set {
      if newValue == nil {
        names.removeAll { $0 == name }
      } else if arrays[name] == nil {
        names.append(name)
      }
      arrays[name] = newValue
    }
  }
}

extension NPZArchive: ExpressibleByDictionaryLiteral {
  /// The arrays in the order they are written; of two with one name the later one.
  public init(dictionaryLiteral elements: (String, NDArray)...) {
    for (name, array) in elements { self[name] = array }
  }
}

// MARK: - Reading

extension NPZArchive {
  /// Reads the NumPy archive (`.npz`) at `path`: what `numpy.savez` and `numpy.savez_compressed`
  /// write, and other zip archives of stored or deflated `.npy` files.
  ///
  /// - Throws: ``FileReadError`` where there is no file to read, and ``NumPyFileError``, which names
  ///   the member and says what is wrong and at which byte. Checksums are compared, and memory is
  ///   taken only for what the file can hold.
  public init(contentsOf path: String) throws {
    try self.init(BytesInFile(path: path), path: path)
  }

  init(_ bytes: any RandomAccessBytes, path: String) throws {
    let errors = FileErrorSource(path: path)
    let directory = try ZipDirectory(of: bytes, errors: errors)
    // Each member ends before the next one begins: members that overlap would let a small file
    // unpack to any size.
    var limits: [String: Int] = [:]
    var next = directory.start
    for member in directory.members.sorted(by: { $0.headerOffset > $1.headerOffset }) {
      limits[member.name] = next
      next = min(next, member.headerOffset)
    }
    for member in directory.members {
      guard member.name.hasSuffix(Self.suffix) else {
        throw errors.error(
          "\(member.name.quotedForMessage) is not an .npy file", at: member.entryOffset,
          remedy: "an archive of arrays holds nothing else; take it out")
      }
      let limit = limits[member.name]!
      let stream = try ZipMemberStream(member, of: bytes, limit: limit, errors: errors)
      let array = try NPYFile.read(from: stream)
      try stream.finish()
      self[String(member.name.dropLast(Self.suffix.count))] = array
    }
  }

  private static let suffix = ".npy"
}

// MARK: - Writing

extension NPZArchive {
  /// Writes a NumPy archive (`.npz`) to `path`, for `numpy.load`.
  ///
  /// The same arrays give the same bytes. Elements that are not compressed begin at multiples of
  /// 64 bytes of the file, so that it can be mapped.
  ///
  /// - Parameters:
  ///   - path: The file; one that is there is replaced once the new one is complete.
  ///   - isCompressed: Whether to deflate the arrays, as `numpy.savez_compressed` does.
  /// - Throws: ``FileWriteError``; a file that was at `path` is then as it was.
  public func write(to path: String, isCompressed: Bool = false) throws {
    if let long = names.first(where: { $0.utf8.count + Self.suffix.utf8.count > 0xFFFF }) {
      throw FileWriteError(
        path: path, reason: "a zip archive has no room for the name '\(long.prefix(40))…'")
    }
    try replaceFile(at: path) { file in
      try encode(isCompressed: isCompressed) { try file.write($0) }
    }
  }

  /// Hands the bytes of the archive to `write`, in order.
  ///
  /// - Parameter limit: The least size that takes a 64-bit field; smaller in tests only.
  func encode(
    isCompressed: Bool, limit: Int = 0xFFFF_FFFF,
    to write: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    var writer = ZipWriter(limit: limit)
    for name in names {
      let array = arrays[name]!
      var checksum = CRC32()
      NPYFile.write(array) { checksum.update($0) }
      let count = NPYFile.byteCount(of: array)
      var packed: [UInt8]?
      if isCompressed {
        let deflater = Deflater()
        NPYFile.write(array) { deflater.append($0) }
        packed = deflater.finish()
      }
      try writer.header(
        of: name + Self.suffix, isDeflated: isCompressed, checksum: checksum,
        packedCount: packed?.count ?? count, count: count
      ).withUnsafeBytes { try write($0) }
      if let packed {
        try packed.withUnsafeBytes { try write($0) }
      } else {
        try NPYFile.write(array, to: write)
      }
    }
    try writer.end().withUnsafeBytes { try write($0) }
  }
}
