import Foundation
import JacquardArrays

/// A file of values computed by TensorFlow; `Tests/Goldens/README.md` has the schema.
struct GoldenFile: Decodable {
  var cases: [GoldenCase]

  static func load(_ name: String) throws -> GoldenFile {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Goldens")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(
      GoldenFile.self, from: Data(contentsOf: folder.appendingPathComponent("\(name).json")))
  }

  subscript(name: String) -> GoldenCase? { cases.first { $0.name == name } }
}

struct GoldenCase: Decodable, Sendable {
  var name: String
  var attributes: [String: Attribute]
  var arrays: [String: GoldenArray]

  enum Attribute: Decodable, Sendable {
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      self =
        if let number = try? container.decode(Double.self) { .number(number) } else {
          .text(try container.decode(String.self))
        }
    }
  }

  func number(_ key: String) -> Double? {
    if case .number(let number)? = attributes[key] { number } else { nil }
  }

  func text(_ key: String) -> String? {
    if case .text(let text)? = attributes[key] { text } else { nil }
  }

  func array(_ key: String) -> NDArray? { arrays[key]?.array }

  /// `x0`, `x1`, … as far as they go.
  func series(_ prefix: String) -> [NDArray] {
    var found: [NDArray] = []
    while let next = array("\(prefix)\(found.count)") { found.append(next) }
    return found
  }
}

struct GoldenArray: Decodable, Sendable {
  var dtype: String
  var shape: [Int]
  var data: [Double]

  var array: NDArray {
    NDArray(data, shape: shape).converted(to: DType(name: dtype)!)
  }
}

/// How far `actual` is from `golden`, as a sentence, or `nil` within |a − g| ≤ tolerance · (1 + |g|).
func goldenMismatch(_ actual: NDArray, _ golden: NDArray, tolerance: Double) -> String? {
  if actual.shape != golden.shape { return "shape \(actual.shape), not \(golden.shape)" }
  for (index, (a, g)) in zip(actual.doubles(), golden.doubles()).enumerated() {
    if a.isNaN && g.isNaN || a == g { continue }
    if !(g.isFinite && abs(a - g) <= tolerance * (1 + abs(g))) {
      return "element \(index) is \(a), not \(g)"
    }
  }
  return nil
}
