#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension NDArray: Codable {
  private enum CodingKeys: String, CodingKey {
    case dtype, shape, data
  }

  /// Encodes the name of the element type, the shape, and the little-endian bytes in base64.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(dtype, forKey: .dtype)
    try container.encode(shape, forKey: .shape)
    let data = littleEndian().withUnsafeBytes { Data($0) }
    try container.encode(data.base64EncodedString(), forKey: .data)
  }

  /// Decodes what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError.dataCorrupted` where the shape is not one, where the data is not
  ///   base64 or not of the size that the shape asks for, or where a Boolean is not 0 or 1.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let dtype = try container.decode(DType.self, forKey: .dtype)
    let shape = try container.decode([Int].self, forKey: .shape)
    let text = try container.decode(String.self, forKey: .data)

    func invalid(_ key: CodingKeys, _ reason: String) -> DecodingError {
      .dataCorrupted(
        DecodingError.Context(
          codingPath: container.codingPath + [key], debugDescription: reason,
          underlyingError: ArrayError.invalidEncoding(reason: reason)))
    }
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw invalid(.shape, "shape \(shape) has a negative length")
    }
    guard let data = Data(base64Encoded: text) else {
      throw invalid(.data, "the data is not base64")
    }
    // Checked by division, because the product of a hostile shape can overflow.
    var remaining = data.count / dtype.byteCount
    var isExact = data.count % dtype.byteCount == 0
    if shape.contains(0) {
      isExact = data.isEmpty
    } else {
      for length in shape {
        isExact = isExact && remaining % length == 0
        remaining /= length
      }
      isExact = isExact && remaining == 1
    }
    guard isExact else {
      throw invalid(.data, "\(data.count) bytes are not \(dtype) of shape \(shape)")
    }
    if dtype == .bool && data.contains(where: { $0 > 1 }) {
      throw invalid(.data, "a Boolean is neither 0 nor 1")
    }
    let decoded = NDArray(uninitialized: dtype, shape: shape) { bytes in
      _ = data.copyBytes(to: bytes)
    }
    self = decoded.littleEndian()
  }

  /// This array with the bytes of each element reversed on a big-endian machine.
  func littleEndian() -> NDArray {
    if 1.littleEndian == 1 { return self }
    let size = dtype.byteCount
    var copy = self
    copy.withUnsafeMutableBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: size) {
        bytes[start..<start + size].reverse()
      }
    }
    return copy
  }
}
