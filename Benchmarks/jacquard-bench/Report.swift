import COpenBLAS
import Foundation
import Jacquard

/// The line of JSON that a workload prints.
struct Report: Encodable {
  var framework = "jacquard"
  var workload: String
  var options: [String: OptionValue]
  var threads: Int
  /// The kernels that OpenBLAS has chosen for this processor, or was told to.
  var openBLASCore = String(cString: openblas_get_corename())
  /// Of a repeated run.
  var timings: Timings?
  /// From the start of building the graph to the end of the first run, initialisation of the variables included.
  var firstRunMilliseconds: Double?
  /// From ``FixedNumbers``, the losses of the first training steps, or the mean square of what is predicted; a peer that gives
  /// the same computes the same.
  var check: [Double]?
  /// The most memory this process has held, all that it has loaded included.
  var peakResidentBytes: Int?
  /// The same of a process that has only added two scalars.
  var scalarRunPeakResidentBytes: Int?
  /// The kernels of the plan, each counted once however often a loop runs it.
  var planSteps: Int?
  /// Heap allocations of one steady-state run, on the thread that calls.
  var allocationsPerRun: Int?
  /// What else a workload measures, in milliseconds.
  var milliseconds: [String: Double]?

  init(_ workload: String, _ options: [String: OptionValue], _ run: RunOptions) {
    self.workload = workload
    self.options = options.merging(run.reported) { _, new in new }
    threads = run.session.threads
  }

  /// Notes the memory of this process and of one that has run a scalar.
  mutating func measureMemory() throws {
    peakResidentBytes = ProcessMemory.peakResidentBytes
    scalarRunPeakResidentBytes = try ProcessMemory.peakResidentBytesOfScalarRun(threads: threads)
  }

  func print() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    Swift.print(String(decoding: try encoder.encode(self), as: UTF8.self))
  }
}

/// The value of an option in a report.
enum OptionValue: Encodable {
  case number(Int)
  case flag(Bool)
  case text(String)

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    case .text(let text): try container.encode(text)
    }
  }
}

enum ProcessMemory {
  /// `VmHWM` of this process; `nil` where the system has no `/proc`.
  static var peakResidentBytes: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        .flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }

  /// The same of another process of this program that adds two scalars once.
  static func peakResidentBytesOfScalarRun(threads: Int) throws -> Int? {
    guard peakResidentBytes != nil else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "session", "--repetitions", "1", "--seconds", "0", "--threads", "\(threads)",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let line = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    struct Memory: Decodable { var peakResidentBytes: Int }
    return try JSONDecoder().decode(Memory.self, from: line).peakResidentBytes
  }
}
