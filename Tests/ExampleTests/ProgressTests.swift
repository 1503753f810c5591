import CPseudoTerminal
import Foundation
import Testing

@testable import ExampleSupport

@Suite("Progress is shown on terminals only", .serialized)
struct ProgressTests {
  private static let data = ["--data", "/nonexistent/MNIST-data"]
  private static let trainings = [
    ("mnist-lstm", data + ["--steps", "2"]),
    ("sequential-lstm", data + ["--steps", "2", "--epochs", "1"]),
  ]

  @Test("in pipes there are no carriage returns and no control sequences", arguments: trainings)
  func pipes(_ example: String, arguments: [String]) throws {
    let run = try ExampleRun(example, arguments)
    #expect(run.status == 0, "\(run.errors)")
    for text in [run.output, run.errors] {
      #expect(!text.contains("\r") && !text.contains("\u{1B}"), "\(text)")
    }
  }

  @Test("on a terminal there is a bar, and it is gone at the end", arguments: trainings)
  func terminal(_ example: String, arguments: [String]) throws {
    let terminal = try PseudoTerminal()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try ExampleRun.path(of: example))
    process.arguments = arguments
    process.standardOutput = terminal.slave
    process.standardError = terminal.slave
    try process.run()
    let output = try terminal.output()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(output)")
    #expect(output.contains("[>....") || output.contains("[====="), "\(output)")
    #expect(output.contains("\r\u{1B}[K"))
    // Each line as a terminal leaves it: what follows the last time it was emptied
    let lines = output.replacing("\r\n", with: "\n").split(separator: "\n")
      .map { $0.replacing("\u{1B}[K", with: "").split(separator: "\r").last ?? "" }
    #expect(lines.last?.hasPrefix("test accuracy: ") == true, "\(output)")
    #expect(lines.count { $0.contains("....]") } == 0, "\(output)")
  }

  @Test("the bar in words")
  func text() {
    #expect(ProgressBar.text(0, of: 4, seconds: 0) == "0/4 [>.............................]")
    #expect(
      ProgressBar.text(2, of: 4, seconds: 1)
        == "2/4 [===============>..............] 500.0 ms per step, 1 s left")
    #expect(
      ProgressBar.text(4, of: 4, seconds: 2)
        == "4/4 [==============================] 500.0 ms per step, 0 s left")
  }
}

/// A terminal that nobody sees.
private struct PseudoTerminal {
  /// What the program writes to.
  let slave: FileHandle
  private let master: Int32

  init() throws {
    var descriptors: (master: Int32, slave: Int32) = (0, 0)
    guard jq_open_pseudo_terminal(&descriptors.master, &descriptors.slave) == 0 else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
    master = descriptors.master
    slave = FileHandle(fileDescriptor: descriptors.slave, closeOnDealloc: true)
  }

  /// Everything that is written until all programs have closed the terminal.
  func output() throws -> String {
    // Ours has to be closed first, or there is no end.
    try slave.close()
    defer { close(master) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(master, &buffer, buffer.count)
      // Linux reports an error at the end.
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}
