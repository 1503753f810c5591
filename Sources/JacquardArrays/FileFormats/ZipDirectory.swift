/// The central directory of a zip archive: where its members are.
///
/// The format is that of PKWARE's APPNOTE.TXT, with the 64-bit extensions; neither encryption nor
/// several volumes are read.
struct ZipDirectory {
  struct Member: Hashable {
    let name: String
    let isDeflated: Bool
    let checksum: UInt32
    let packedCount: Int
    let count: Int
    /// Where the local header is, the packed bytes behind it.
    let headerOffset: Int
    /// Where the entry in the central directory is.
    let entryOffset: Int
  }

  /// In the order of the directory.
  private(set) var members: [Member] = []

  /// Where the directory begins; all members end before.
  private(set) var start = 0

  /// Reads the directory at the end of `bytes`.
  init(of bytes: any RandomAccessBytes, errors: FileErrorSource) throws {
    let end = try EndRecord(of: bytes, errors: errors)
    start = end.directoryOffset
    let directory = try bytes.read(start..<start + end.directoryCount)
    var fields = ZipFields(directory, base: start)
    // The directory's size bounds the loop, not the number of members it claims.
    while members.count < end.memberCount {
      guard fields.count >= Self.entrySize else {
        throw errors.error(
          "the archive's directory ends after \(members.count) of \(end.memberCount) members",
          at: fields.offset, remedy: Self.remedy)
      }
      members.append(try Self.member(&fields, errors))
    }
    guard fields.count == 0 else {
      throw errors.error(
        "the archive's directory goes on after its last member", at: fields.offset,
        remedy: Self.remedy)
    }
    if let second = firstRepeated() {
      throw errors.error(
        "there are two members '\(second.name)'", at: second.entryOffset,
        remedy: "give each array a name of its own")
    }
  }

  static let remedy = "the archive is damaged: copy or write it again"
  static let localHeaderSize = 30
  private static let entrySize = 46

  private func firstRepeated() -> Member? {
    var names: Set<String> = []
    return members.first { !names.insert($0.name).inserted }
  }

  private static func member(
    _ fields: inout ZipFields, _ errors: FileErrorSource
  ) throws -> Member {
    let offset = fields.offset
    guard fields.next4() == 0x0201_4B50 else {
      throw errors.error(
        "no member is described where the archive's directory has one", at: offset, remedy: remedy)
    }
    fields.skip(4)
    let flags = fields.next2()
    let method = fields.next2()
    fields.skip(4)
    let checksum = UInt32(fields.next4())
    var packedCount = fields.next4()
    var count = fields.next4()
    let (nameCount, extraCount, commentCount) = (fields.next2(), fields.next2(), fields.next2())
    fields.skip(8)
    var headerOffset = fields.next4()
    guard fields.count >= nameCount + extraCount + commentCount else {
      throw errors.error(
        "a member's description is longer than the archive's directory", at: offset,
        remedy: remedy)
    }
    guard let name = String(validating: fields.next(nameCount), as: UTF8.self) else {
      throw errors.error(
        "a member's name is not UTF-8", at: offset, remedy: "give the arrays plain names")
    }
    var extra = ZipFields(fields.next(extraCount), base: offset)
    fields.skip(commentCount)
    // Only what does not fit 32 bits is in the 64-bit record, in this order.
    if count == 0xFFFF_FFFF || packedCount == 0xFFFF_FFFF || headerOffset == 0xFFFF_FFFF {
      guard var record = extra.record(1) else {
        throw errors.error(
          "the 64-bit sizes of '\(name)' are missing", at: offset, remedy: remedy)
      }
      func widen(_ value: inout Int) throws {
        guard value == 0xFFFF_FFFF else { return }
        guard let wide = record.next8() else {
          throw errors.error(
            "the 64-bit sizes of '\(name)' are no sizes", at: offset, remedy: remedy)
        }
        value = wide
      }
      try widen(&count)
      try widen(&packedCount)
      try widen(&headerOffset)
    }
    var memberErrors = errors
    memberErrors.member = name
    guard flags & 1 == 0 else {
      throw memberErrors.error(
        "it is encrypted", at: offset, remedy: "write the archive without a password")
    }
    guard method == 0 || method == 8 else {
      throw memberErrors.error(
        "it is packed by method \(method)", at: offset,
        remedy: "store or deflate it, as numpy.savez and numpy.savez_compressed do")
    }
    return Member(
      name: name, isDeflated: method == 8, checksum: checksum, packedCount: packedCount,
      count: count, headerOffset: headerOffset, entryOffset: offset)
  }
}

/// What the end of an archive says about its directory.
private struct EndRecord {
  var directoryOffset: Int
  var directoryCount: Int
  var memberCount: Int

  private static let size = 22
  private static let locatorSize = 20
  private static let size64 = 56

  init(of bytes: any RandomAccessBytes, errors: FileErrorSource) throws {
    // The record is at the very end, but for a comment of up to 65,535 bytes.
    let tailStart = max(0, bytes.byteCount - Self.size - 0xFFFF)
    let tail = try bytes.read(tailStart..<bytes.byteCount)
    let candidate = stride(from: tail.count - Self.size, through: 0, by: -1).first { start in
      tail[start...].starts(with: [0x50, 0x4B, 5, 6])
        && start + Self.size + Int(tail[start + 20]) + Int(tail[start + 21]) << 8 == tail.count
    }
    guard let candidate else {
      throw errors.error(
        "it does not end as a zip archive does",
        remedy: "give an .npz file; if it is one, it was cut off: copy or write it again")
    }
    let offset = tailStart + candidate
    var fields = ZipFields(Array(tail[candidate...]), base: offset)
    fields.skip(4)
    let disks = (fields.next2(), fields.next2(), fields.next2())
    memberCount = fields.next2()
    directoryCount = fields.next4()
    directoryOffset = fields.next4()
    var limit = offset
    guard disks == (0, 0, memberCount) || disks.2 == 0xFFFF else {
      throw errors.error(
        "the archive has several volumes", at: offset, remedy: "write it as one file")
    }
    let is64 =
      memberCount == 0xFFFF || directoryCount == 0xFFFF_FFFF || directoryOffset == 0xFFFF_FFFF
    if is64, offset >= Self.locatorSize {
      var locator = ZipFields(
        try bytes.read(offset - Self.locatorSize..<offset), base: offset - Self.locatorSize)
      if locator.next4() == 0x0706_4B50 {
        locator.skip(4)
        let recordOffset = locator.next8() ?? .max
        guard recordOffset <= offset - Self.locatorSize - Self.size64 else {
          throw errors.error(
            "the 64-bit end record is outside the file", at: offset - Self.locatorSize,
            remedy: ZipDirectory.remedy)
        }
        var record = ZipFields(
          try bytes.read(recordOffset..<recordOffset + Self.size64), base: recordOffset)
        guard record.next4() == 0x0606_4B50 else {
          throw errors.error(
            "there is no 64-bit end record where the archive says", at: recordOffset,
            remedy: ZipDirectory.remedy)
        }
        record.skip(28)
        memberCount = record.next8() ?? .max
        directoryCount = record.next8() ?? .max
        directoryOffset = record.next8() ?? .max
        limit = recordOffset
      }
    }
    guard directoryCount <= limit, directoryOffset <= limit - directoryCount else {
      throw errors.error(
        "the archive's directory is outside the file", at: offset, remedy: ZipDirectory.remedy)
    }
  }
}

/// Little-endian numbers, one after the other.
struct ZipFields {
  private let bytes: [UInt8]
  private var position = 0
  private let base: Int

  init(_ bytes: [UInt8], base: Int) {
    self.bytes = bytes
    self.base = base
  }

  /// How many bytes are left.
  var count: Int { bytes.count - position }

  /// Where the next byte is in the file.
  var offset: Int { base + position }

  /// The next `length` bytes, of which the caller knows that they are there.
  mutating func next(_ length: Int) -> [UInt8] {
    position += length
    return Array(bytes[position - length..<position])
  }

  mutating func skip(_ length: Int) { position += length }

  mutating func next2() -> Int { next(2).reversed().reduce(0) { $0 << 8 | Int($1) } }

  mutating func next4() -> Int { next(4).reversed().reduce(0) { $0 << 8 | Int($1) } }

  /// The next number of 64 bits, or `nil` where it is not there or no `Int`.
  mutating func next8() -> Int? {
    guard count >= 8 else { return nil }
    return Int(exactly: next(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  /// The contents of the extra field of that kind.
  mutating func record(_ kind: Int) -> ZipFields? {
    while count >= 4 {
      let found = next2()
      let length = next2()
      guard length <= count else { return nil }
      let start = offset
      let contents = next(length)
      if found == kind { return ZipFields(contents, base: start) }
    }
    return nil
  }
}
