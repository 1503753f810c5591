import Foundation
import Testing

@Suite("unrolled-lstm")
struct UnrolledLSTMTests {
  @Test("trains with the state carried, as tuples and in one tensor, to the same numbers")
  func unrolled() throws {
    let run = try ExampleRun("unrolled-lstm", "--steps", "101")
    #expect(run.status == 0, "\(run.errors)")
    let parts = run.output.split(separator: "states in one tensor\n")
    try #require(parts.count == 2)
    let losses = parts.map { part in
      part.matches(of: /step \d+: loss (\S+)/).compactMap { Double($0.output.1) }
    }
    #expect(losses[0].count == 3)
    #expect(losses[0] == losses[1])
    #expect(losses[0].last! < losses[0].first! / 3)
    for part in parts {
      let differences = part.matches(of: /(?:dynamicRNN|one run): (\S+)/).compactMap {
        Double($0.output.1)
      }
      #expect(differences.count == 2)
      #expect(differences.allSatisfy { $0 < 1e-6 })
    }
  }

  @Test("draws the graph that is kept in Graphs/")
  func drawing() throws {
    let path = try temporaryPath("unrolled-lstm.dot")
    let run = try ExampleRun(
      "unrolled-lstm", "--steps", "0", "--dump-forward", "--dump-depth", "2", "--dump-graph", path)
    #expect(run.status == 0, "\(run.errors)")
    let drawn = try String(contentsOfFile: path, encoding: .utf8)
    #expect(
      try drawn == storedGraph("unrolled-lstm.dot"),
      "regenerate with bash Scripts/graphs.sh, and look")
  }

  @Test("senseless options are told")
  func options() throws {
    let run = try ExampleRun("unrolled-lstm", "--steps=-1")
    #expect(run.status == 64)
    #expect(run.errors.contains("--steps"))
  }
}
