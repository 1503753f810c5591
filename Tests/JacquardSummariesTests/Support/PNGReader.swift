import CZlib
import Foundation
import JacquardArrays
import Testing

/// Reads PNG files of 8 bits a channel whose rows are unfiltered; expects all checksums to be right.
func decodedPNG(_ file: Data) throws -> NDArray {
  var rest = [UInt8](file)[...]
  try #require(rest.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
  rest = rest.dropFirst(8)
  func takeNumber() -> Int {
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }
  var chunks: [String: [UInt8]] = [:]
  while !rest.isEmpty {
    let length = takeNumber()
    let checked = Array(rest.prefix(4 + length))
    rest = rest.dropFirst(4 + length)
    #expect(takeNumber() == Int(crc32(0, checked, uInt(checked.count))))
    chunks[String(decoding: checked.prefix(4), as: UTF8.self)] = Array(checked.dropFirst(4))
  }
  #expect(chunks["IEND"] == [])
  let header = try #require(chunks["IHDR"])
  func number(at index: Int) -> Int { header[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } }
  let (width, height) = (number(at: 0), number(at: 4))
  #expect(header[8] == 8 && header[10...].elementsEqual([0, 0, 0]))
  let channels = try #require([0: 1, 2: 3, 6: 4][header[9]])

  let compressed = try #require(chunks["IDAT"])
  var rows = [UInt8](repeating: 0, count: height * (1 + width * channels))
  var count = uLong(rows.count)
  try #require(uncompress(&rows, &count, compressed, uLong(compressed.count)) == Z_OK)
  try #require(Int(count) == rows.count)
  var pixels: [UInt8] = []
  for row in 0..<height {
    let start = row * (1 + width * channels)
    #expect(rows[start] == 0)
    pixels += rows[start + 1..<start + 1 + width * channels]
  }
  return NDArray(pixels).reshaped(to: [height, width, channels])
}
