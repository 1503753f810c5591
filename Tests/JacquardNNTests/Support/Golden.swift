import Foundation
import JacquardArrays
import Testing

/// One case of a file in `Tests/Goldens`; its README has the schema.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  let name: String
  let attributes: [String: GoldenAttribute]
  let arrays: [String: NDArray]

  var testDescription: String { name }

  /// The array of that key.
  subscript(key: String) -> NDArray {
    get throws { try #require(arrays[key], "\(name) has no array '\(key)'") }
  }

  func number(_ key: String) throws -> Double {
    guard case .number(let value) = attributes[key] else {
      throw GoldenError("\(name) has no number '\(key)'")
    }
    return value
  }

  func text(_ key: String) throws -> String {
    guard case .text(let value) = attributes[key] else {
      throw GoldenError("\(name) has no text '\(key)'")
    }
    return value
  }

  func flag(_ key: String) throws -> Bool { try number(key) != 0 }

  var dtype: DType {
    get throws { try text("dtype") == "float64" ? .float64 : .float32 }
  }

  /// The tolerance of the README's table.
  var tolerance: Double {
    get throws { try dtype == .float64 ? 1e-12 : 5e-6 }
  }

  /// Expects `actual` to be the golden `key`, by the README's rule.
  func expect(
    _ actual: NDArray, is key: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    try expectClose(
      actual, self[key], tolerance: tolerance, "\(name): \(key)", sourceLocation: sourceLocation)
  }
}

enum GoldenAttribute: Sendable, Decodable {
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

struct GoldenError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

enum Goldens {
  /// The cases of a file for which `isWanted` holds; never none.
  static func load(
    _ file: String, where isWanted: (GoldenCase) -> Bool = { _ in true }
  ) -> [GoldenCase] {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Goldens/\(file).json").standardized
    do {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      let contents = try decoder.decode(File.self, from: Data(contentsOf: url))
      let cases = contents.cases.map(\.goldenCase).filter(isWanted)
      precondition(!cases.isEmpty, "no golden cases in \(url.path)")
      return cases
    } catch {
      preconditionFailure("cannot read \(url.path): \(error)")
    }
  }

  private struct File: Decodable {
    let cases: [Case]
  }

  private struct Case: Decodable {
    let name: String
    let attributes: [String: GoldenAttribute]
    let arrays: [String: Stored]

    var goldenCase: GoldenCase {
      GoldenCase(name: name, attributes: attributes, arrays: arrays.mapValues(\.array))
    }
  }

  private struct Stored: Decodable {
    let dtype: String
    let shape: [Int]
    let data: [Double]

    var array: NDArray {
      let types: [String: DType] = [
        "float32": .float32, "float64": .float64, "int32": .int32, "int64": .int64, "bool": .bool,
      ]
      return NDArray(data, shape: shape).converted(to: types[dtype]!)
    }
  }
}

/// Expects `|actual − expected| ≤ tolerance · (1 + |expected|)` of all elements, NaN and infinities in the same places.
func expectClose(
  _ actual: NDArray, _ expected: NDArray, tolerance: Double, _ what: String = "",
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  #expect(actual.shape == expected.shape, "\(what)", sourceLocation: sourceLocation)
  guard actual.shape == expected.shape else { return }
  for (index, (a, b)) in zip(actual.doubles(), expected.doubles()).enumerated() {
    let agrees = a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * (1 + abs(b))
    if !agrees {
      Issue.record(
        "\(what): element \(index) is \(a), not \(b)", sourceLocation: sourceLocation)
      return
    }
  }
}
