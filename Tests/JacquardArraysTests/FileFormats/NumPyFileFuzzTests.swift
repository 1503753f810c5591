import Testing

@testable import JacquardArrays

@Suite("Damaged NumPy files are read or refused, and never trap")
struct NumPyFileFuzzTests {
  @Test("Arrays", arguments: 0..<4)
  func arrays(seed: UInt64) throws {
    var generator = PhiloxGenerator(seed: seed)
    let seeds = (NumPyGolden.npy + NumPyGolden.refused).map(\.file)
    var (read, refused) = (0, 0)
    for _ in 0..<2_500 {
      var bytes = seeds.randomElement(using: &generator)!
      mutate(&bytes, limit: 140, &generator)
      do {
        let array = try NPYFile.read(from: PlainStream(BytesInMemory(bytes: bytes), path: "a.npy"))
        // All of it is there.
        #expect(array.doubles().count == array.count)
        #expect(array.byteCount <= bytes.count)
        read += 1
      } catch let error as NumPyFileError {
        if let byte = error.byte { #expect((0...bytes.count).contains(byte)) }
        refused += 1
      }
    }
    #expect(read > 10 && refused > 500)
  }

  @Test("Archives", arguments: 0..<4)
  func archives(seed: UInt64) throws {
    var generator = PhiloxGenerator(seed: seed, stream: 1)
    var seeds = NumPyGolden.npz.map(\.file)
    for (isCompressed, limit) in [(false, 0xFFFF_FFFF), (true, 0xFFFF_FFFF), (false, 0)] {
      var bytes: [UInt8] = []
      NPZArchiveTests.small.encode(isCompressed: isCompressed, limit: limit) { bytes += $0 }
      seeds.append(bytes)
    }
    var (read, refused) = (0, 0)
    for _ in 0..<2_500 {
      var bytes = seeds.randomElement(using: &generator)!
      mutate(&bytes, limit: bytes.count, &generator)
      do {
        let archive = try NPZArchive(BytesInMemory(bytes: bytes), path: "a.npz")
        #expect(archive.names.allSatisfy { archive[$0] != nil })
        read += 1
      } catch is NumPyFileError {
        refused += 1
      }
    }
    #expect(read > 50 && refused > 500)
  }

  /// One to three changes among the first `limit` bytes or at the end.
  private func mutate(
    _ bytes: inout [UInt8], limit: Int, _ generator: inout PhiloxGenerator
  ) {
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
      // Half of the changes hit the last 300 bytes, where archives have their directory.
      let place =
        Bool.random(using: &generator)
        ? Int.random(in: 0..<min(limit, bytes.count), using: &generator)
        : bytes.count - 1 - Int.random(in: 0..<min(300, bytes.count), using: &generator)
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(UInt8.random(in: 32..<127, using: &generator), at: place)
      case 4: bytes.removeSubrange(place...)
      case 5:
        for index in place..<min(place + 8, bytes.count) { bytes[index] = 0xFF }
      default:
        let characters = Array("0123456789()[]{}',:<>|=fiubO \n-L".utf8)
        bytes[place] = characters.randomElement(using: &generator)!
      }
    }
  }
}
