import Foundation

/// Reads files that tests wrote with the Python libraries they are meant for: runs `Scripts/python-readers.sh`.
///
/// ```swift
/// @Test("NumPy reads it", .enabled(if: PythonReaders.areAvailable))
/// ```
public enum PythonReaders {
  /// Whether the Python environment is there, or could be made; if not, standard error tells why.
  public static var areAvailable: Bool { preparation }

  /// Runs `Scripts/python-readers/<name>`.
  ///
  /// - Parameters:
  ///   - name: the Python file, such as `numpy_check.py`.
  ///   - arguments: what it is given; paths have to be absolute.
  /// - Returns: its status, 0 if it found the files as they should be, and what it wrote.
  public static func check(
    _ name: String, _ arguments: String...
  ) throws -> (status: Int32, output: String) {
    try run([name] + arguments)
  }

  private static let preparation: Bool = {
    do {
      let (status, output) = try run([])
      if status == 0 { return true }
      report(output)
    } catch {
      report("\(error)")
    }
    return false
  }()

  private static func report(_ reason: String) {
    FileHandle.standardError.write(Data("tests with Python are skipped: \(reason)\n".utf8))
  }

  private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["bash", root.appendingPathComponent("Scripts/python-readers.sh").path] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    return (process.terminationStatus, text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
