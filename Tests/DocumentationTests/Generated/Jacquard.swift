// swift-format-ignore-file
// The code of Sources/Jacquard/Jacquard.docc/Jacquard.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func jacquard_overview() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [nil, 2], name: "x")
  let y = (x * x).sum(along: [1])
  print(try Session(graph).run(y, feeding: [x: [[3, 4], [6, 8]]]))     // [ 25. 100.]

  let squares = try Session(graph).run(y, feeding: [x: [[3, 4], [6, 8]]])
  #expect("\(squares)" == "[ 25. 100.]")
  _ = graph
  _ = x
  _ = y
  _ = squares
}

let jacquard_runs: [(name: String, run: @Sendable () throws -> Void)] = [("jacquard_overview", jacquard_overview)]
