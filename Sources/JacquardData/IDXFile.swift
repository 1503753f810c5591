/// A file of unsigned bytes in the IDX format that MNIST is distributed in, gzipped or plain.
///
/// Whether it is gzipped the first bytes decide, not the name.
public struct IDXFile: Sendable {
  /// What a file is expected to hold.
  public enum Contents: Sendable, Equatable {
    /// Grey images, `[count, rows, columns]`.
    case images(rows: Int, columns: Int)
    /// One byte per example, `[count]`.
    case labels

    var rank: Int {
      switch self {
      case .images: 3
      case .labels: 1
      }
    }
  }

  /// The path that was read.
  public let path: String
  /// The dimensions in the header; the first counts examples.
  public let dimensions: [Int]
  /// The elements, row-major; as many as the product of `dimensions`.
  public let bytes: [UInt8]

  /// The number of examples.
  public var count: Int { dimensions[0] }

  /// The magic number of a file of unsigned bytes with `rank` dimensions.
  static func magic(rank: Int) -> UInt32 { 0x0800 | UInt32(rank) }

  /// Reads the file at `path`.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - contents: what the file must hold.
  ///   - byteLimit: the largest amount of data the header may announce. Memory is taken as data
  ///     arrives, so a damaged header costs nothing.
  /// - Throws: `MNISTError`, which names the file and what is wrong with it.
  public init(path: String, expecting contents: Contents, byteLimit: Int = 1 << 30) throws {
    let source = try ByteSource(path: path)
    self.path = path

    var header: [UInt8] = []
    try source.read(upTo: 4, appendingTo: &header)
    let headerSize = 4 + 4 * contents.rank
    let expectedMagic = Self.magic(rank: contents.rank)
    guard header.count == 4 else {
      throw MNISTError.truncated(path: path, expected: headerSize, found: header.count)
    }
    let magic = Self.bigEndian(header[0..<4])
    guard magic == expectedMagic else {
      throw MNISTError.badMagic(path: path, found: magic, expected: expectedMagic)
    }
    try source.read(upTo: headerSize - 4, appendingTo: &header)
    guard header.count == headerSize else {
      throw MNISTError.truncated(path: path, expected: headerSize, found: header.count)
    }
    let dimensions = (1...contents.rank).map { Int(Self.bigEndian(header[4 * $0..<4 * $0 + 4])) }
    self.dimensions = dimensions
    if case .images(let rows, let columns) = contents, dimensions[1...] != [rows, columns] {
      throw MNISTError.wrongImageSize(
        path: path, found: Array(dimensions[1...]), expected: [rows, columns])
    }

    let size = Self.product(dimensions)
    guard let size, size <= byteLimit else {
      throw MNISTError.tooLarge(path: path, dimensions: dimensions, byteLimit: byteLimit)
    }
    var bytes: [UInt8] = []
    try source.read(upTo: size, appendingTo: &bytes)
    guard bytes.count == size else {
      throw MNISTError.truncated(
        path: path, expected: headerSize + size, found: headerSize + bytes.count)
    }
    // Reading on also makes zlib compare the checksum at the end of the stream.
    var trailing: [UInt8] = []
    try source.read(upTo: 1, appendingTo: &trailing)
    guard trailing.isEmpty else {
      throw MNISTError.trailingBytes(path: path, expected: headerSize + size)
    }
    if source.isCutOff { throw source.endedInsideStream }
    self.bytes = bytes
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func product(_ dimensions: [Int]) -> Int? {
    var result = 1
    for dimension in dimensions {
      let (product, overflow) = result.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      result = product
    }
    return result
  }
}
