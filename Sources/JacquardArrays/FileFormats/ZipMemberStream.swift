/// The unpacked bytes of a member of a zip archive; the checksum is compared at the end.
final class ZipMemberStream: ByteStream {
  let errors: FileErrorSource
  private(set) var position = 0
  private let bytes: any RandomAccessBytes
  private let member: ZipDirectory.Member
  private let inflater: Inflater?
  private var packed: Range<Int>
  private var checksum = CRC32()

  var count: Int { member.count }

  /// - Parameter limit: Where the next member or the directory begins.
  init(
    _ member: ZipDirectory.Member, of bytes: any RandomAccessBytes, limit: Int,
    errors archive: FileErrorSource
  ) throws {
    self.member = member
    self.bytes = bytes
    var errors = archive
    errors.member = member.name
    self.errors = errors
    func damaged(_ problem: String, at offset: Int) -> NumPyFileError {
      archive.error("\(problem) ('\(member.name)')", at: offset, remedy: ZipDirectory.remedy)
    }
    let size = ZipDirectory.localHeaderSize
    guard member.headerOffset <= limit - size else {
      throw damaged("a member begins where another one or nothing is", at: member.entryOffset)
    }
    let start = member.headerOffset
    var header = ZipFields(try bytes.read(start..<start + size), base: start)
    guard header.next4() == 0x0403_4B50 else {
      throw damaged("no member begins where the archive's directory says", at: start)
    }
    header.skip(22)
    let (nameCount, extraCount) = (header.next2(), header.next2())
    let dataStart = start + size + nameCount + extraCount
    guard dataStart <= limit, member.packedCount <= limit - dataStart else {
      throw damaged("a member is longer than the space it has", at: member.entryOffset)
    }
    let name = try bytes.read(start + size..<start + size + nameCount)
    guard name == Array(member.name.utf8) else {
      throw damaged("a member has another name than in the archive's directory", at: start + size)
    }
    packed = dataStart..<dataStart + member.packedCount
    let isPossible =
      member.isDeflated
      ? member.count / Inflater.maximumRatio <= member.packedCount
      : member.count == member.packedCount
    guard isPossible else {
      throw damaged(
        "\(member.packedCount) packed bytes cannot be \(member.count)", at: member.entryOffset)
    }
    inflater = member.isDeflated ? Inflater() : nil
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws {
    guard target.count > 0 else { return }
    if let inflater {
      try inflate(with: inflater, into: target)
    } else {
      try bytes.read(from: packed.lowerBound, into: target)
      packed.removeFirst(target.count)
    }
    checksum.update(UnsafeRawBufferPointer(target))
    position += target.count
  }

  /// Makes sure that all has been read, that nothing follows, and that the checksum is right.
  func finish() throws {
    if let inflater {
      var one: UInt8 = 0
      let extra = try withUnsafeMutableBytes(of: &one) { try unpack(with: inflater, into: $0) }
      guard extra == 0 else {
        throw errors.error(
          "it unpacks to more than the \(count) bytes that the archive says", at: count,
          remedy: ZipDirectory.remedy)
      }
      guard inflater.isAtEnd else { throw endsEarly }
    }
    guard checksum.value == member.checksum else {
      throw errors.error(
        "its checksum is not the one in the archive", remedy: ZipDirectory.remedy)
    }
  }

  private var endsEarly: NumPyFileError {
    errors.error(
      "it unpacks to less than the \(count) bytes that the archive says",
      remedy: ZipDirectory.remedy)
  }

  private func inflate(
    with inflater: Inflater, into target: UnsafeMutableRawBufferPointer
  ) throws {
    guard try unpack(with: inflater, into: target) == target.count else { throw endsEarly }
  }

  private func unpack(
    with inflater: Inflater, into target: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    do {
      return try inflater.read(into: target) {
        let piece = packed.prefix(1 << 16)
        packed.removeFirst(piece.count)
        return try bytes.read(piece)
      }
    } catch let failure as Inflater.Failure {
      throw errors.error(
        "it cannot be unpacked (\(failure.message))", at: position, remedy: ZipDirectory.remedy)
    }
  }
}
