import Foundation
import Testing

@Suite("--profile and --trace", .serialized) struct ProfilingOptionTests {
  @Test func tellWhereTheTimeOfAStepGoes() throws {
    let path = try temporaryPath("trace.json")
    let run = try ExampleRun(
      "mnist-lstm", "--data", "/nowhere", "--steps", "1", "--threads", "2", "--profile", "--trace",
      path)
    #expect(run.status == 0, "\(run.errors)")
    for words in ["While, 28 iterations", "20 runs of ", "matrix products", "variable updates"] {
      #expect(run.output.contains(words), "\(words)")
    }
    #expect(run.lines.last?.hasPrefix("test accuracy: ") == true)
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let trace = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let events = try #require(trace["traceEvents"] as? [[String: Any]])
    let runs = events.compactMap { $0["name"] as? String }.filter { $0.hasPrefix("run ") }
    #expect(runs == ["run 1", "run 2", "run 3"])
  }

  @Test func aTraceThatCannotBeWrittenIsAnError() throws {
    let run = try ExampleRun(
      "mnist-lstm", "--data", "/nowhere", "--steps", "1", "--trace", "/nowhere/trace.json")
    #expect(run.status != 0)
    #expect(run.errors.contains("/nowhere/trace.json"))
  }
}
