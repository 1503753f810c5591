/// Makes what a zip archive has around the bytes of its members.
///
/// All times are 1980-01-01 00:00, so that the same members give the same bytes.
struct ZipWriter {
  private let limit: Int
  /// How many bytes there are before the next header.
  private var offset = 0
  private var directory: [UInt8] = []
  private var memberCount = 0

  /// The bytes of stored members begin at multiples of this.
  private static let alignment = 64

  /// - Parameter limit: The least size or offset that takes a 64-bit field; smaller in tests only.
  init(limit: Int) { self.limit = limit }

  /// What comes before the next member, of which `packedCount` bytes have to follow.
  mutating func header(
    of name: String, isDeflated: Bool, checksum: CRC32, packedCount: Int, count: Int
  ) -> [UInt8] {
    let name = Array(name.utf8)
    let isWide = max(packedCount, count) >= limit
    let isFar = offset >= limit
    let version = isWide || isFar ? 45 : 20
    // The version needed, UTF-8 names, the method, the time and date, the checksum.
    let common =
      bytes(version, 2) + bytes(1 << 11, 2) + bytes(isDeflated ? 8 : 0, 2) + bytes(0, 2)
      + bytes(1 << 5 | 1, 2) + bytes(Int(checksum.value), 4)
    let sizes =
      isWide
      ? bytes(0xFFFF_FFFF, 4) + bytes(0xFFFF_FFFF, 4) : bytes(packedCount, 4) + bytes(count, 4)
    let wideSizes = isWide ? bytes(count, 8) + bytes(packedCount, 8) : []

    let wide = record(1, wideSizes + (isFar ? bytes(offset, 8) : []))
    directory += bytes(0x0201_4B50, 4) + bytes(version, 2) + common + sizes
    directory += bytes(name.count, 2) + bytes(wide.count, 2) + bytes(0, 2 + 2 + 2 + 4)
    directory += bytes(isFar ? 0xFFFF_FFFF : offset, 4) + name + wide
    memberCount += 1

    var extra = record(1, wideSizes)
    if !isDeflated {
      // The extra field of Android's zipalign: the alignment, then zeros.
      let unpadded = offset + ZipDirectory.localHeaderSize + name.count + extra.count + 6
      let padding = (Self.alignment - unpadded % Self.alignment) % Self.alignment
      extra += record(0xD935, bytes(Self.alignment, 2) + [UInt8](repeating: 0, count: padding))
    }
    let header =
      bytes(0x0403_4B50, 4) + common + sizes + bytes(name.count, 2) + bytes(extra.count, 2)
      + name + extra
    offset += header.count + packedCount
    return header
  }

  /// What comes after the last member.
  func end() -> [UInt8] {
    let (start, count) = (offset, directory.count)
    guard max(start, count) >= limit || memberCount >= min(limit, 0xFFFF) else {
      return directory + endRecord(memberCount, count, start)
    }
    return directory
      + bytes(0x0606_4B50, 4) + bytes(44, 8) + bytes(45, 2) + bytes(45, 2) + bytes(0, 8)
      + bytes(memberCount, 8) + bytes(memberCount, 8) + bytes(count, 8) + bytes(start, 8)
      + bytes(0x0706_4B50, 4) + bytes(0, 4) + bytes(start + count, 8) + bytes(1, 4)
      + endRecord(0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF)
  }

  private func endRecord(_ members: Int, _ count: Int, _ start: Int) -> [UInt8] {
    bytes(0x0605_4B50, 4) + bytes(0, 4) + bytes(members, 2) + bytes(members, 2)
      + bytes(count, 4) + bytes(start, 4) + bytes(0, 2)
  }

  /// An extra field; nothing where it has no contents.
  private func record(_ kind: Int, _ contents: [UInt8]) -> [UInt8] {
    contents.isEmpty ? [] : bytes(kind, 2) + bytes(contents.count, 2) + contents
  }

  /// The lowest `length` bytes of `value`, the lowest first.
  private func bytes(_ value: Int, _ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: $0 < 8 ? value >> (8 * $0) : 0) }
  }
}
