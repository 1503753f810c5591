import Foundation
import JacquardArrays
import Testing

/// A file that NumPy wrote, of `Tests/Goldens/numpy_files.json`.
struct NumPyGolden: Sendable, CustomTestStringConvertible {
  let name: String
  let file: [UInt8]
  let members: [Member]

  struct Member: Sendable {
    let name: String
    let array: NDArray
  }

  var testDescription: String { name }

  static let npy = load { $0.hasPrefix("npy_") && !$0.hasPrefix("npy_refused_") }
  static let refused = load { $0.hasPrefix("npy_refused_") }
  static let npz = load { $0.hasPrefix("npz_") }

  static func named(_ name: String) throws -> NumPyGolden {
    try #require((npy + refused + npz).first { $0.name == name }, "no golden '\(name)'")
  }

  private static func load(where isWanted: (String) -> Bool) -> [NumPyGolden] {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Goldens/numpy_files.json").standardized
    do {
      let cases = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
      let goldens = cases.filter { isWanted($0.name) }.map(\.golden)
      precondition(!goldens.isEmpty, "no such cases in \(url.path)")
      return goldens
    } catch {
      preconditionFailure("cannot read \(url.path): \(error)")
    }
  }

  private struct File: Decodable {
    let cases: [Case]
  }

  private struct Case: Decodable {
    let name: String
    let attributes: [String: String]

    var golden: NumPyGolden {
      NumPyGolden(
        name: name, file: Array(Data(base64Encoded: attributes["file"]!)!),
        members: attributes["members"]!.split(separator: " ").map { Member(parsing: $0) })
    }
  }
}

extension NumPyGolden.Member {
  /// Reads `name:dtype:2x3:base64`.
  fileprivate init(parsing text: Substring) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    name = parts[0]
    let bytes = Data(base64Encoded: parts[3])!
    array = NDArray(
      uninitialized: DType(name: parts[1])!, shape: parts[2].split(separator: "x").map { Int($0)! }
    ) { target in
      precondition(target.count == bytes.count)
      bytes.copyBytes(to: target)
    }
  }
}

/// A folder for one test, removed with the last reference to it.
final class ScratchFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/jacquard-arrays-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `bytes`, and returns the path.
  func write(_ bytes: [UInt8], as name: String) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  func bytes(of name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }
}
