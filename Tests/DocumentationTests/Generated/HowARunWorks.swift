// swift-format-ignore-file
// The code of Sources/Jacquard/Jacquard.docc/HowARunWorks.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func howARunWorks_plans() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [nil], name: "x")
  let total = x.sum()
  let session = Session(graph)
  _ = try session.run(total, feeding: [x: [1, 2, 3]])
  _ = try session.run(total, feeding: [x: [4, 5, 6]])       // the same plan
  _ = try session.run(total, feeding: [x: [1, 2]])          // another one
  print(session.cachedPlanCount)                            // 2

  #expect(session.cachedPlanCount == 2)

  print(try session.explain(total, feeding: [x: [1, 2, 3]]))
  _ = graph
  _ = x
  _ = total
  _ = session
}

func howARunWorks_order() throws {
  let graph = Graph()
  let v = graph.variable(.zeros, [], name: "v")
  let raise = v.assignAdd(1)
  let session = Session(graph)
  try session.run(graph.variablesInitializer)

  let (before, _) = try session.run(v, raise)
  print(before)                                             // 0.0

  let after = graph.controlDependencies([raise]) { v.read() }
  print(try session.run(after))                             // 2.0

  #expect(before == NDArray(Float(0)))
  #expect(try session.value(of: v) == NDArray(Float(2)))
  _ = graph
  _ = v
  _ = raise
  _ = session
  _ = before
  _ = after
}

func howARunWorks_draws() throws {
  let graph = Graph(seed: 7)
  let noise = graph.randomNormal([2], name: "noise")
  let (first, second) = (Session(graph), Session(graph))
  let a = try first.run(noise)
  let b = try second.run(noise)
  print(a == b)                                             // true: both sessions drew once
  print(try first.run(noise) == a)                          // false: the second draw

  #expect(a == b)
  #expect(try second.run(noise) != a)
  _ = graph
  _ = noise
  _ = first
  _ = second
  _ = a
  _ = b
}

let howARunWorks_runs: [(name: String, run: @Sendable () throws -> Void)] = [("howARunWorks_plans", howARunWorks_plans), ("howARunWorks_order", howARunWorks_order), ("howARunWorks_draws", howARunWorks_draws)]
