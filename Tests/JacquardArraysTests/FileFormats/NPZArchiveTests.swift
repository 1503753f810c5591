import Foundation
import Testing

@testable import JacquardArrays

@Suite("NumPy's .npz archives")
struct NPZArchiveTests {
  @Test("What NumPy writes is read", arguments: NumPyGolden.npz)
  func goldens(_ golden: NumPyGolden) throws {
    let folder = try ScratchFolder()
    let archive = try NPZArchive(contentsOf: try folder.write(golden.file, as: "a.npz"))
    #expect(archive.names == golden.members.map(\.name))
    for member in golden.members {
      let array = try #require(archive[member.name])
      #expect(array == member.array, "\(member.name)")
    }
  }

  static let sample: NPZArchive = [
    "kernel": NDArray.arange(12, .float32).reshaped(to: [3, 4]), "": NDArray(Int64(7)),
    "größe/x": NDArray([true, false]), "empty": NDArray.zeros(.uint8, [0, 3]),
    "large": NDArray.arange(100_000, .float64),
  ]

  /// The same without the large array.
  static var small: NPZArchive {
    var small = sample
    small["large"] = nil
    return small
  }

  @Test("What is written is read again", arguments: [false, true])
  func roundTrip(isCompressed: Bool) throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/a.npz"
    try Self.sample.write(to: path, isCompressed: isCompressed)
    let read = try NPZArchive(contentsOf: path)
    #expect(read == Self.sample)
    #expect(read.names == ["kernel", "", "größe/x", "empty", "large"])
    let first = try folder.bytes(of: "a.npz")
    #expect((first.count < 400_000) == isCompressed)
    try Self.sample.write(to: path, isCompressed: isCompressed)
    #expect(try folder.bytes(of: "a.npz") == first)
  }

  @Test("Elements that are stored begin at multiples of 64 bytes")
  func alignment() throws {
    let bytes = encoded(Self.sample)
    let errors = FileErrorSource(path: "a.npz")
    let directory = try ZipDirectory(of: BytesInMemory(bytes: bytes), errors: errors)
    #expect(directory.members.count == 5)
    for member in directory.members {
      let start = member.headerOffset
      let lengths = [26, 28].map { Int(bytes[start + $0]) + Int(bytes[start + $0 + 1]) << 8 }
      #expect((start + ZipDirectory.localHeaderSize + lengths[0] + lengths[1]) % 64 == 0)
    }
  }

  @Test("Archives with 64-bit fields", arguments: [0, 200, 700, 2_000], [false, true])
  func wide(limit: Int, isCompressed: Bool) throws {
    let read = try archive(encoded(Self.sample, isCompressed: isCompressed, limit: limit))
    #expect(read == Self.sample)
  }

  @Test("Arrays are set, replaced and removed; names keep their order")
  func editing() {
    var archive = NPZArchive()
    archive["b"] = NDArray(Float(1))
    archive["a"] = NDArray(Float(2))
    archive["b"] = NDArray(Float(3))
    #expect(archive.names == ["b", "a"])
    #expect(archive["b"] == NDArray(Float(3)))
    archive["b"] = nil
    archive["none"] = nil
    #expect(archive == ["a": NDArray(Float(2))])
    #expect(archive["b"] == nil)
  }

  @Test("A name that is too long for a zip archive")
  func longName() throws {
    let folder = try ScratchFolder()
    var archive = NPZArchive()
    archive[String(repeating: "x", count: 65_532)] = NDArray(Float(1))
    let error = #expect(throws: FileWriteError.self) {
      try archive.write(to: folder.path + "/a.npz")
    }
    #expect(error?.reason.contains("no room for the name 'xxxx") == true)
  }

  // MARK: Damage

  @Test("A changed element fails the checksum, which names the member", arguments: [false, true])
  func checksum(isCompressed: Bool) throws {
    let whole = encoded(["weights": NDArray.arange(1_000, .float32)], isCompressed: isCompressed)
    var failures = 0
    for offset in stride(from: 300, to: 1_200, by: 100) {
      var bytes = whole
      bytes[offset] ^= 0x10
      let error = try failure(of: bytes)
      #expect(error.member == "weights.npy")
      if error.problem == "its checksum is not the one in the archive" { failures += 1 }
    }
    #expect(failures == 9 || isCompressed)
  }

  @Test("A size that the packed bytes cannot have")
  func bomb() throws {
    var bytes = encoded(["w": NDArray.zeros(.uint8, [1_000])], isCompressed: true)
    // The size in the central directory, 24 bytes into its only entry.
    let entry = try #require(directoryStart(bytes))
    bytes.replaceSubrange(entry + 24..<entry + 28, with: [0xFE, 0xFF, 0xFF, 0xFF])
    let error = try failure(of: bytes)
    #expect(error.problem.hasSuffix("packed bytes cannot be 4294967294 ('w.npy')"))
    #expect(error.byte == entry)
  }

  @Test("Sizes that do not agree with what is unpacked")
  func sizes() throws {
    let whole = encoded(["w": NDArray.zeros(.uint8, [1_000])], isCompressed: true)
    let entry = try #require(directoryStart(whole))
    let size = 128 + 1_000
    for (wrong, problem) in [
      (size - 1, "takes 1000 bytes, but only 999 follow"),
      (size + 1, "takes 1000 bytes, but 1001 follow"),
    ] {
      var bytes = whole
      bytes.replaceSubrange(
        entry + 24..<entry + 26, with: [UInt8(wrong & 0xFF), UInt8(wrong >> 8)])
      #expect(try failure(of: bytes).problem.contains(problem))
    }
  }

  @Test("Members that share bytes are refused")
  func overlaps() throws {
    let array = NDArray.arange(100, .float32)
    let whole = encoded(["a": array, "b": array])
    let entry = try #require(directoryStart(whole))
    var bytes = whole
    // The first entry, twice over: with another name, pointing to one local header.
    bytes.replaceSubrange(
      entry + 46 + 5 + 42..<entry + 46 + 5 + 46, with: whole[entry + 42..<entry + 46])
    #expect(try failure(of: bytes).problem.hasPrefix("a member begins where another one"))
    bytes = whole
    // The packed size of the first member reaches into the second.
    bytes[entry + 20] &+= 4
    bytes[entry + 24] &+= 4
    #expect(try failure(of: bytes).problem.hasPrefix("a member is longer than the space it has"))
  }

  @Test("What is no archive of arrays")
  func otherFiles() throws {
    #expect(try failure(of: []).problem == "it does not end as a zip archive does")
    let npy = try NumPyGolden.named("npy_float32_3").file
    #expect(try failure(of: npy).problem == "it does not end as a zip archive does")
    let whole = encoded(Self.sample)
    #expect(try failure(of: whole.dropLast()).problem == "it does not end as a zip archive does")
    #expect(try archive(encoded([:])) == NPZArchive())
  }

  @Test("Members of other kinds are refused by name")
  func otherMembers() throws {
    let whole = encoded(["note": NDArray(UInt8(1))])
    func renamed(_ name: String) -> [UInt8] { replacing("note.npy", with: name, in: whole) }
    #expect(try failure(of: renamed("note.txt")).problem == "'note.txt' is not an .npy file")
    let entry = try #require(directoryStart(whole))
    var bytes = whole
    bytes[entry + 8] |= 1
    #expect(try failure(of: bytes).problem == "it is encrypted")
    bytes = whole
    bytes[entry + 10] = 12
    #expect(try failure(of: bytes).problem == "it is packed by method 12")
    let two = encoded(["a": NDArray(UInt8(1)), "b": NDArray(UInt8(1))])
    let repeated = replacing("b.npy", with: "a.npy", in: two)
    #expect(try failure(of: repeated).problem == "there are two members 'a.npy'")
  }

  @Test("A message has the archive, the member, the byte, the problem and the remedy")
  func message() throws {
    let folder = try ScratchFolder()
    let whole = encoded(["w": NDArray(Float(1))])
    let path = try folder.write(replacing("<f4", with: "<f2", in: whole), as: "a.npz")
    let error = #expect(throws: NumPyFileError.self) { try NPZArchive(contentsOf: path) }
    let text = try #require(error).description
    #expect(
      text.hasPrefix(
        "cannot read '\(path)', member 'w.npy', byte 20: elements of type '<f2' are none"))
    #expect(text.hasSuffix("; write the file again with numpy.save or writeNPY(to:)"))
  }

  // MARK: Helpers

  private func encoded(
    _ archive: NPZArchive, isCompressed: Bool = false, limit: Int = 0xFFFF_FFFF
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    archive.encode(isCompressed: isCompressed, limit: limit) { bytes += $0 }
    return bytes
  }

  private func archive(_ bytes: [UInt8]) throws -> NPZArchive {
    try NPZArchive(BytesInMemory(bytes: bytes), path: "a.npz")
  }

  private func failure(
    of bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> NumPyFileError {
    try #require(
      #expect(throws: NumPyFileError.self, sourceLocation: sourceLocation) { try archive(bytes) })
  }

  /// Where the central directory begins, as the end record says.
  private func directoryStart(_ bytes: [UInt8]) -> Int? {
    bytes.suffix(22)[(bytes.count - 6)...].prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private func replacing(_ old: String, with new: String, in bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let (old, new) = (Array(old.utf8), Array(new.utf8))
    for start in 0...(bytes.count - old.count) where bytes[start...].starts(with: old) {
      bytes.replaceSubrange(start..<start + old.count, with: new)
    }
    return bytes
  }
}
