import Foundation
import TemporaryFolders

/// One run of an example's executable.
struct ExampleRun {
  let status: Int32
  let output: String
  let errors: String

  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// Runs the executable that was built beside the tests.
  init(_ name: String, _ arguments: String...) throws { try self.init(name, arguments) }

  /// Runs the executable that was built beside the tests.
  init(_ name: String, _ arguments: [String]) throws {
    try self.init(executing: Self.path(of: name), arguments)
  }

  /// The executable that was built beside the tests.
  static func path(of name: String) throws -> String {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: tests).deletingLastPathComponent()
      .appendingPathComponent(name).path
  }

  /// Runs any program.
  init(executing path: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let (out, err) = (Pipe(), Pipe())
    process.standardOutput = out
    process.standardError = err
    try process.run()
    // Small outputs: neither pipe fills up before the process ends.
    output = String(decoding: try out.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    errors = String(decoding: try err.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }
}

/// A file of `Graphs/`.
func storedGraph(_ name: String) throws -> String {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  return try String(contentsOf: root.appendingPathComponent("Graphs/\(name)"), encoding: .utf8)
}

/// A path in a fresh temporary folder.
func temporaryPath(_ name: String) throws -> String {
  try temporaryFolder().appendingPathComponent(name).path
}
