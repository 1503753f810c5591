import CZlib
import Foundation
import JacquardArrays

/// An image of bytes, as summaries show it.
struct PixelImage {
  let height: Int
  let width: Int
  /// 1 grey, 3 RGB, 4 RGBA.
  let channels: Int
  /// Row by row, pixel by pixel.
  private(set) var bytes: [UInt8]

  /// The image of an array `[height, width, channels]`, scaled to bytes unless it is of bytes
  /// (tensorflow/core/kernels/summary_image_op.cc).
  init(_ array: NDArray) {
    (height, width, channels) = (array.shape[0], array.shape[1], array.shape[2])
    if array.dtype == .uint8 {
      bytes = array.elements()
    } else {
      // As there, in float32; float64 is scaled in float64.
      bytes =
        array.dtype == .float64
        ? Self.scaled(array.elements(as: Double.self), channels: channels)
        : Self.scaled(array.converted(to: .float32).elements(as: Float.self), channels: channels)
    }
  }

  private static func scaled<T: BinaryFloatingPoint>(_ values: [T], channels: Int) -> [UInt8] {
    let pixels = stride(from: 0, to: values.count, by: channels)
    func isFinite(_ pixel: Int) -> Bool { values[pixel..<pixel + channels].allSatisfy(\.isFinite) }
    var (minimum, maximum) = (Float.infinity, -Float.infinity)
    for pixel in pixels where isFinite(pixel) {
      for value in values[pixel..<pixel + channels] {
        minimum = min(minimum, Float(value))
        maximum = max(maximum, Float(value))
      }
    }
    let isSigned = minimum < 0
    let largest = isSigned ? max(-minimum, abs(maximum)) : maximum
    let scale: Float = largest < 1e-6 ? 0 : (isSigned ? 127 : 255) / largest
    let offset: T = isSigned ? 128 : 0
    let red: [UInt8] = [255, 0, 0, 255]
    return pixels.flatMap { pixel in
      isFinite(pixel)
        ? values[pixel..<pixel + channels].map { UInt8(clamping: Int($0 * T(scale) + offset)) }
        : Array(red.prefix(channels))
    }
  }

  /// The image as a PNG file (ISO/IEC 15948): 8 bits a channel, not interlaced, rows unfiltered.
  func png() -> Data {
    var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    let colourType: UInt8 = channels == 1 ? 0 : channels == 3 ? 2 : 6
    let header = Self.bigEndian(UInt32(width)) + Self.bigEndian(UInt32(height))
    Self.appendChunk("IHDR", header + [8, colourType, 0, 0, 0], to: &file)
    var rows: [UInt8] = []
    rows.reserveCapacity(bytes.count + height)
    for row in 0..<height {
      rows.append(0)
      rows += bytes[row * width * channels..<(row + 1) * width * channels]
    }
    Self.appendChunk("IDAT", Self.compressed(rows), to: &file)
    Self.appendChunk("IEND", [], to: &file)
    return file
  }

  private static func appendChunk(_ type: String, _ content: [UInt8], to file: inout Data) {
    let checked = Array(type.utf8) + content
    file += bigEndian(UInt32(content.count))
    file += checked
    file += bigEndian(UInt32(truncatingIfNeeded: crc32(0, checked, uInt(checked.count))))
  }

  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(uLong(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    // The buffer is large enough for anything, so this can fail for want of memory only.
    let status = compress(&result, &count, bytes, uLong(bytes.count))
    precondition(status == Z_OK, "zlib could not compress \(bytes.count) bytes: status \(status)")
    return Array(result.prefix(Int(count)))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
