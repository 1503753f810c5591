import Jacquard
import JacquardArrays
import Testing

@Suite struct ExplainTests {
  let graph = Graph()

  @Test func aPlanReadsAsATable() throws {
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    let w = graph.variable(.zeros, [3, 2], name: "w")
    let y = tanh(matmul(x, w))
    let session = Session(graph)
    let text = try session.explain(y, feeding: [x: NDArray.zeros(.float32, [5, 3])])
    let lines = text.split(separator: "\n")
    #expect(lines[0].hasPrefix("step  kernel"))
    #expect(
      lines.contains { $0.contains("MatMul") && $0.contains("[5, 3] [3, 2] → float32[5, 2]") })
    #expect(lines.contains { $0.hasPrefix("kernels: 2, fetches: 1") })
    #expect(try session.explain(y, feeding: [x: NDArray.zeros(.float32, [5, 3])]) == text)
    #expect(!text.contains("GFLOP/s"))
  }

  @Test func loopBodiesAreIndented() throws {
    let x = graph.placeholder(.float32, [4, 2], name: "x")
    let start = graph.constant(NDArray.zeros(.float32, [2]))
    let total = graph.scan(x, initial: start, name: "total") { (tanh($0 + $1), $0) }.state
    let text = try Session(graph).explain(total, feeding: [x: NDArray.zeros(.float32, [4, 2])])
    let lines = text.split(separator: "\n").map(String.init)
    let body = try #require(lines.firstIndex { $0.contains("body") })
    #expect(lines[body - 1].contains("4 iterations"))
    #expect(lines[(body + 1)...].contains { $0.contains("    ") && $0.contains("total/Tanh") })
  }

  @Test func profiledRunsShowTimes() throws {
    let x = graph.placeholder(.float32, [8, 8], name: "x")
    let y = matmul(x, x)
    let session = Session(graph, options: SessionOptions(isProfiling: true))
    let feeds: Feeds = [x: NDArray.ones(.float32, [8, 8])]
    for _ in 0..<3 { try session.run(y, feeding: feeds) }
    let text = try session.explain(y, feeding: feeds)
    #expect(text.contains("GFLOP/s") && text.contains("matrix products"))
  }
}
