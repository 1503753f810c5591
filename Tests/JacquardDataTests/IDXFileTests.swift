import Foundation
import JacquardData
import Testing

@Suite("IDX files")
struct IDXFileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func readImages(_ bytes: [UInt8], as name: String = "images") throws -> IDXFile {
    let path = try directory.write(bytes, as: name)
    return try IDXFile(path: path, expecting: .images(rows: 28, columns: 28))
  }

  private func readLabels(_ bytes: [UInt8], as name: String = "labels") throws -> IDXFile {
    try IDXFile(path: directory.write(bytes, as: name), expecting: .labels)
  }

  @Test func plainImages() throws {
    let file = try readImages(imageFile(count: 3))
    #expect(file.dimensions == [3, 28, 28])
    #expect(file.count == 3)
    #expect(file.bytes == Array(imageFile(count: 3).dropFirst(16)))
  }

  @Test func compressionIsDetectedByContentsNotByName() throws {
    let bytes = imageFile(count: 400)
    let compressed = try readImages(try gzip(bytes), as: "no-suffix")
    let plain = try readImages(bytes, as: "misleading.gz")
    #expect(compressed.bytes == plain.bytes)
    #expect(plain.bytes.count == 400 * 784)
  }

  @Test func severalGzipMembersAreOneFile() throws {
    let bytes = imageFile(count: 5)
    let members = try gzip(Array(bytes[..<1000])) + gzip(Array(bytes[1000...]))
    #expect(try readImages(members).bytes == Array(bytes[16...]))
  }

  @Test func noExamples() throws {
    #expect(try readLabels(gzip(labelFile(count: 0))).bytes == [])
  }

  @Test func otherImageSizes() throws {
    let path = try directory.write(idx([1, 2, 3], [1, 2, 3, 4, 5, 6]), as: "small")
    let file = try IDXFile(path: path, expecting: .images(rows: 2, columns: 3))
    #expect(file.bytes == [1, 2, 3, 4, 5, 6])
  }

  @Test func labelsWhereImagesAreExpected() throws {
    let message = failure { _ = try readImages(try gzip(labelFile(count: 3))) }
    #expect(
      message == directory.path
        + "/images: is a label file, expected images (magic number 0x00000803)")
  }

  @Test func imagesWhereLabelsAreExpected() throws {
    let message = failure { _ = try readLabels(imageFile(count: 3)) }
    #expect(
      message == directory.path
        + "/labels: is an image file, expected labels (magic number 0x00000801)")
  }

  @Test func otherIDXContents() throws {
    let message = failure { _ = try readLabels(idx([1], [0, 0, 0, 0], type: 0x0D)) }
    #expect(message.contains("labels: is a rank-1 IDX file of 32-bit floats, expected labels"))
  }

  @Test func notIDX() throws {
    let message = failure { _ = try readLabels(Array("<html>".utf8)) }
    #expect(message.contains("is not an IDX file (it starts with 0x3c68746d), expected labels"))
  }

  @Test func truncatedData() throws {
    let message = failure { _ = try readImages(imageFile(count: 3).dropLast(100)) }
    #expect(message == directory.path + "/images: truncated: expected 2368 bytes, got 2268")
  }

  @Test(arguments: [0, 3, 4, 15]) func truncatedHeader(size: Int) throws {
    let message = failure { _ = try readImages(Array(imageFile(count: 1).prefix(size))) }
    #expect(message.hasSuffix("/images: truncated: expected 16 bytes, got \(size)"))
  }

  @Test func truncatedDataInsideWholeGzip() throws {
    let message = failure { _ = try readImages(gzip(imageFile(count: 3).dropLast())) }
    #expect(message.hasSuffix("truncated: expected 2368 bytes, got 2367"))
  }

  @Test func truncatedGzipData() throws {
    let random = (0..<7840).map { UInt8(truncatingIfNeeded: ($0 &* $0 &* 31) >> 5) }
    let compressed = try gzip(idx([10, 28, 28], random))
    let path = try directory.write(compressed.dropLast(compressed.count / 2), as: "cut")
    do {
      _ = try IDXFile(path: path, expecting: .images(rows: 28, columns: 28))
      Issue.record("nothing was thrown")
    } catch MNISTError.truncated(path, expected: 7856, let found) {
      #expect((1..<7856).contains(found))
    }
  }

  @Test func gzipWithoutItsEndMarker() throws {
    let compressed = try gzip(labelFile(count: 20))
    let message = failure { _ = try readLabels(compressed.dropLast(4)) }
    let size = compressed.count - 4
    #expect(message.hasSuffix("corrupt gzip stream at byte \(size): unexpected end of file"))
  }

  @Test func trailingBytes() throws {
    for bytes in [labelFile(count: 20) + [7], try gzip(labelFile(count: 20) + [7])] {
      let message = failure { _ = try readLabels(bytes) }
      #expect(
        message.hasSuffix("oversized: the file goes on after the 28 bytes its header announces"))
    }
  }

  @Test func wrongChecksum() throws {
    var compressed = try gzip(labelFile(count: 20))
    compressed[compressed.count - 8] ^= 1
    let message = failure { _ = try readLabels(compressed) }
    #expect(message.contains("labels: corrupt gzip stream at byte "))
    #expect(message.hasSuffix(": incorrect data check"))
  }

  @Test func invalidBlock() throws {
    var compressed = try gzip(labelFile(count: 20))
    compressed[10] |= 0b110
    let message = failure { _ = try readLabels(compressed) }
    #expect(message.hasSuffix("corrupt gzip stream at byte 11: invalid block type"))
  }

  @Test func garbageAfterGzip() throws {
    let message = failure { _ = try readLabels(gzip(labelFile(count: 20)) + [1, 2, 3]) }
    #expect(message.hasSuffix(": incorrect header check"))
  }

  @Test func wrongImageSize() throws {
    let message = failure { _ = try readImages(idx([1, 32, 30], [])) }
    #expect(message.hasSuffix("/images: images are 32 x 30 pixels, expected 28 x 28"))
  }

  @Test func absurdHeader() throws {
    let message = failure { _ = try readImages(idx([0xFFFF_FFFF, 28, 28], [1, 2, 3])) }
    #expect(
      message.hasSuffix(
        "the header announces 4294967295 x 28 x 28 bytes of data, more than the limit of "
          + "1073741824; the header is probably damaged"))
  }

  @Test func headerWhoseProductOverflows() throws {
    let size = 0xFFFF_FFFF
    let path = try directory.write(idx([size, size, size], []), as: "huge")
    let message = failure {
      _ = try IDXFile(path: path, expecting: .images(rows: size, columns: size))
    }
    #expect(message.contains("announces 4294967295 x 4294967295 x 4294967295 bytes"))
  }

  @Test func largeAnnouncementWithinTheLimit() throws {
    let message = failure { _ = try readImages(idx([1_300_000, 28, 28], [1, 2, 3])) }
    #expect(message.hasSuffix("truncated: expected 1019200016 bytes, got 19"))
  }

  @Test func noSuchFile() throws {
    let path = directory.path + "/absent"
    let message = failure { _ = try IDXFile(path: path, expecting: .labels) }
    #expect(message == path + ": cannot be read: No such file or directory")
  }

  @Test func directoryInPlaceOfAFile() throws {
    let message = failure { _ = try IDXFile(path: directory.path, expecting: .labels) }
    #expect(message == directory.path + ": cannot be read: Is a directory")
  }
}
