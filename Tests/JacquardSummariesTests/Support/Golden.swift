import Foundation
import JacquardArrays
import Testing

/// One case of `Tests/Goldens/event_files.json`; the README there has the schema.
struct GoldenCase: Decodable, Sendable, CustomTestStringConvertible {
  enum Attribute: Decodable, Sendable {
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  private struct Array: Decodable {
    var dtype: String
    var shape: [Int]
    var data: [Double]
  }

  private struct File: Decodable {
    var cases: [GoldenCase]
  }

  let name: String
  private let attributes: [String: Attribute]
  private let arrays: [String: Array]

  var testDescription: String { name }

  /// The array of that key.
  subscript(key: String) -> NDArray {
    get throws {
      let array = try #require(arrays[key])
      let dtype = try #require(DType(name: array.dtype))
      return NDArray(array.data).converted(to: dtype).reshaped(to: array.shape)
    }
  }

  func bytes(_ key: String) throws -> [UInt8] {
    try self[key].converted(to: .uint8).elements()
  }

  func number(_ key: String) throws -> Double {
    guard case .number(let value) = attributes[key] else { throw MissingAttribute(key: key) }
    return value
  }

  func text(_ key: String) throws -> String {
    guard case .text(let value) = attributes[key] else { throw MissingAttribute(key: key) }
    return value
  }

  struct MissingAttribute: Error { let key: String }

  /// The cases whose names start with `prefix`.
  static func cases(_ prefix: String) -> [GoldenCase] {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Goldens/event_files.json")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      let file = try decoder.decode(File.self, from: Data(contentsOf: url))
      return file.cases.filter { $0.name.hasPrefix(prefix) }
    } catch {
      fatalError("\(url.path): \(error)")
    }
  }
}
