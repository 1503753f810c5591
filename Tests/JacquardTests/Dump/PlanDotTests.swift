import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct PlanDotTests {
  private let fixture = RecurrentFixture()
  private var feeds: Feeds { [fixture.x: NDArray.zeros(.float32, [2, 5, 3])] }

  @Test func everyKernelIsANode() throws {
    let session = Session(fixture.graph)
    let picture = DotReader(try session.planDot(fixture.train, feeding: feeds))
    var count = 0
    for line in try session.explain(fixture.train, feeding: feeds).split(separator: "\n")
    where line.split(separator: " ").first == "\(count + 1)" {
      count += 1
    }
    #expect(count > 5)
    #expect(picture.nodes.keys.count { $0.hasPrefix("step ") } == count)
    for step in 1...count { #expect(picture.nodes["step \(step)"] != nil) }
  }

  @Test func equalPlansGiveEqualText() throws {
    let texts = try (0..<2).map { _ in
      let fixture = RecurrentFixture()
      return try Session(fixture.graph).planDot(
        fixture.train, feeding: [fixture.x: NDArray.zeros(.float32, [2, 5, 3])])
    }
    #expect(texts[0] == texts[1])
  }

  @Test func bodiesLieBetweenEntranceAndExit() throws {
    let graph = Graph()
    let i = graph.placeholder(.int32, [], name: "i")
    let limit = graph.placeholder(.int32, [], name: "limit")
    let end = graph.whileLoop(i, name: "count", while: { $0 .< limit }, do: { -(-$0 + -1) })
    let picture = DotReader(
      try Session(graph).planDot(
        -end, feeding: [i: NDArray(Int32(0)), limit: NDArray(Int32(3))]))
    let loop = try #require(picture.nodes.keys.first { $0.hasSuffix(" entrance") })
    let box = String(loop.dropLast(" entrance".count))
    #expect(picture.nesting[loop] == [box])
    let inBody = picture.nesting.filter { $0.key.hasPrefix("step ") && $0.value.count == 2 }
    #expect(inBody.count == 2, "the condition, and the body fused")
    #expect(picture.edges.contains { $0.from == loop && inBody[$0.to] != nil })
    #expect(picture.edges.contains { inBody[$0.from] != nil && $0.to == "\(box) exit" })
    let last = try #require(picture.edges.first { $0.from == "\(box) exit" })
    #expect(picture.nesting[last.to] == [])
    #expect(last.label == "int32[]")
  }

  @Test func inputsBearTheirNames() throws {
    let session = Session(fixture.graph)
    let picture = DotReader(try session.planDot(fixture.loss, feeding: feeds))
    let labels = picture.nodes.filter { $0.key.hasPrefix("input ") }.map { $0.value["label"]! }
    #expect(Set(labels) == ["x\nfloat32[2, 5, 3]", "cell/kernel\nfloat32[7, 4]"])
  }
}
