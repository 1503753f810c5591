import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Traces") struct TraceTests {
  private struct Event: Decodable {
    struct Arguments: Decodable {
      var name: String?
      var operation: String?
      var step: Int?
      var iteration: Int?
      var bytes: Int?
    }

    var name: String
    var cat: String?
    var ph: String
    var pid: Int
    var tid: Int
    var ts: Double?
    var dur: Double?
    var args: Arguments
  }

  private struct File: Decodable {
    struct Other: Decodable {
      var runs: Int
      var spans: Int
      var droppedSpans: Int
      var peakBytes: Int
    }

    var traceEvents: [Event]
    var displayTimeUnit: String
    var otherData: Other
  }

  private static func trace(
    threads: Int, runs: Int = 2, spansPerThread: Int = 200_000
  ) throws -> (TraceSummary, File, RunProfile) {
    let fixture = ProfilingFixture()
    let session = try fixture.session(threads: threads)
    let path = NSTemporaryDirectory() + "jacquard-trace-\(UUID().uuidString).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let summary = try session.writeTrace(
      of: fixture.train, feeding: fixture.feeds, runs: runs, spansPerThread: spansPerThread,
      to: path)
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let profile = try session.profile(fixture.train, feeding: fixture.feeds, runs: 1)
    return (summary, try JSONDecoder().decode(File.self, from: data), profile)
  }

  @Test(arguments: [1, 2, 4]) func everyEventIsWellFormed(threads: Int) throws {
    let (summary, file, _) = try Self.trace(threads: threads)
    #expect(file.displayTimeUnit == "ms")
    #expect(summary.dropped == 0 && file.otherData.droppedSpans == 0)
    #expect(file.otherData.runs == 2)
    let spans = file.traceEvents.filter { $0.ph == "X" }
    #expect(spans.count == summary.spans && file.otherData.spans == summary.spans)
    for event in file.traceEvents {
      #expect(!event.name.isEmpty && event.pid == 1 && (0...threads).contains(event.tid))
      switch event.ph {
      case "X":
        #expect(event.cat != nil && event.ts! >= 0 && event.dur! >= 0)
      case "C":
        #expect(event.name == "arena" && event.ts! >= 0 && event.args.bytes! >= 0)
      case "M":
        #expect(event.ts == nil)
      default: Issue.record("an event of kind \(event.ph)")
      }
    }
    let names = file.traceEvents.filter { $0.name == "thread_name" }.map { $0.args.name }
    #expect(names == ["calling thread"] + (1..<threads).map { "worker \($0)" })
  }

  @Test(arguments: [1, 2, 4]) func spansOfAThreadNest(threads: Int) throws {
    let (_, file, _) = try Self.trace(threads: threads, runs: 3)
    for thread in 1...threads {
      var open: [(end: Double, name: String)] = []
      var last = 0.0
      for event in file.traceEvents where event.ph == "X" && event.tid == thread {
        let (start, end) = (event.ts!, event.ts! + event.dur!)
        #expect(start >= last, "in the order of their starts")
        last = start
        // The decimals of microseconds are nanoseconds, which doubles hold but for rounding.
        while let outer = open.last, outer.end <= start + 1e-5 { open.removeLast() }
        if let outer = open.last {
          #expect(end <= outer.end + 1e-5, "\(event.name) ends within \(outer.name)")
        }
        open.append((end, event.name))
      }
    }
  }

  @Test(arguments: [1, 2]) func everyStepAndIterationIsThere(threads: Int) throws {
    let (_, file, profile) = try Self.trace(threads: threads, runs: 2)
    let spans = file.traceEvents.filter { $0.ph == "X" }
    #expect(spans.filter { $0.cat == "run" }.map(\.name) == ["run 1", "run 2"])
    for step in profile.steps where step.role == .kernel {
      let own = spans.filter { $0.args.step == step.number && $0.cat != "chunk" }
      #expect(own.allSatisfy { $0.args.operation == step.operation && $0.name == step.name })
      let isDivided = step.depth > 0
      let count = 2 * step.executionsPerRun! * (isDivided ? Self.shares(of: spans) : 1)
      #expect(own.count == count, "step \(step.number!) \(step.name)")
      if isDivided {
        #expect(Set(own.compactMap(\.args.iteration)) == Set(0..<28))
      }
    }
    let iterations = spans.filter { $0.cat == "iteration" }
    #expect(iterations.count == 2 * 2 * 28 * Self.shares(of: spans))
  }

  /// Into how many shares the rows of a loop are divided.
  private static func shares(of spans: [Event]) -> Int {
    let shares = spans.count { $0.cat == "rows" }
    return shares == 0 ? 1 : shares / 4
  }

  @Test func theCounterReachesThePeakAndEndsAtNothing() throws {
    let (_, file, _) = try Self.trace(threads: 2)
    let counts = file.traceEvents.filter { $0.ph == "C" }.compactMap(\.args.bytes)
    #expect(counts.count > 3)
    #expect(counts.max() == file.otherData.peakBytes)
    #expect(counts.last == 0)
    #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 != $1 })
  }

  @Test func spansBeyondTheLimitAreCounted() throws {
    let (summary, file, _) = try Self.trace(threads: 1, runs: 2, spansPerThread: 10)
    let all = try Self.trace(threads: 1, runs: 2).0
    #expect(summary.spans == 10 && summary.dropped == all.spans - 10)
    #expect(file.otherData.droppedSpans == summary.dropped)
    #expect(file.traceEvents.first { $0.ph == "X" }?.name == "run 1")
  }

  @Test func aFileThatCannotBeWrittenIsNamed() throws {
    let fixture = ProfilingFixture()
    let session = try fixture.session()
    let error = #expect(throws: FileWriteError.self) {
      try session.writeTrace(
        of: fixture.loss, feeding: fixture.feeds, to: "/nowhere/at/all/trace.json")
    }
    #expect(error?.description.contains("/nowhere/at/all/trace.json") == true)
  }

  @Test func textIsEscaped() {
    let value = JSONText.object([("a\"b\\", .text("\u{1}\n\t→"))])
    #expect(value.text == "{\"a\\\"b\\\\\":\"\\u0001\\n\\t→\"}")
    #expect(JSONText.microseconds(1_002_003).text == "1002.003")
    #expect(JSONText.number(.nan).text == "0")
  }
}
