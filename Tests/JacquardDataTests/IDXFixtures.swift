import CZlib
import Foundation
import Testing

/// A directory of files for one test, removed with the last reference to it.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/jacquard-data-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `bytes` as they are, and returns the path.
  @discardableResult
  func write(_ bytes: [UInt8], as name: String) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// The bytes of an IDX file of unsigned bytes.
func idx(_ dimensions: [Int], _ elements: [UInt8], type: UInt8 = 0x08) -> [UInt8] {
  let sizes = dimensions.flatMap { size in
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> $0) }
  }
  return [0, 0, type, UInt8(dimensions.count)] + sizes + elements
}

/// The bytes of an image file; the pixels of image `i` are `(i + pixel) % 256`.
func imageFile(count: Int) -> [UInt8] {
  let pixels = (0..<count).flatMap { image in
    (0..<784).map { UInt8(truncatingIfNeeded: image + $0) }
  }
  return idx([count, 28, 28], pixels)
}

/// The bytes of a label file; the label of example `i` is `i % 10`.
func labelFile(count: Int) -> [UInt8] {
  idx([count], (0..<count).map { UInt8($0 % 10) })
}

/// `bytes` as a gzip stream.
func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
  var stream = z_stream()
  let version = zlibVersion()
  let streamSize = Int32(MemoryLayout<z_stream>.size)
  let status = deflateInit2_(
    &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, version, streamSize)
  try #require(status == Z_OK)
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
  let outputCount = output.count
  let end = input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(outputCount)
      return deflate(&stream, Z_FINISH)
    }
  }
  try #require(end == Z_STREAM_END)
  return Array(output.prefix(outputCount - Int(stream.avail_out)))
}

/// The error that `body` throws, described; fails the test if it throws none.
func failure(
  sourceLocation: SourceLocation = #_sourceLocation, of body: () throws -> Void
) -> String {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return ""
  } catch {
    #expect(error.localizedDescription == "\(error)", sourceLocation: sourceLocation)
    return "\(error)"
  }
}
