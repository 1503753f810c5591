import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Memory timelines") struct MemoryProfileTests {
  @Test func aChainReadsLikeThis() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [100, 10], name: "x")
    let w = graph.placeholder(.float32, [10, 50], name: "w")
    let wide = graph.scope("wide") { tanh(matmul(x, w)) }
    let narrow = graph.scope("narrow") { matmul(wide, w, transposeB: true) }
    let sums = narrow.sum(along: [1])
    let memory = try Session(graph).memoryProfile(
      sums,
      feeding: [x: NDArray.zeros(.float32, [100, 10]), w: NDArray.zeros(.float32, [10, 50])])
    // 64 bytes are reserved; 100·50, 100·10 and 100 floats follow, each rounded up to 64 bytes.
    #expect(
      memory.timeline.map(\.bytes) == [
        64 + 20_032, 64 + 20_032, 64 + 20_032 + 4032, 64 + 4032 + 448,
      ])
    #expect(memory.peakBytes == 24_128 && memory.peakStep == 3)
    #expect(memory.arenaBytes == 24_128)
    #expect(
      memory.peakBlocks.map(\.operation) == ["wide/MatMul", "narrow/MatMul", ""])
    #expect(memory.peakBlocks.first?.type == "float32[100, 50]")
    #expect(memory.peakBlocks.map { [$0.firstStep, $0.lastStep] } == [[1, 3], [3, 4], [1, 4]])
    let lines = memory.description.split(separator: "\n").map(String.init)
    #expect(lines[0] == "arena 24.1 kB; at most 24.1 kB in use, at step 3")
    #expect(lines.contains { $0.hasPrefix("   3  24.1 kB  ████") && $0.hasSuffix("narrow/MatMul") })
    #expect(
      lines.contains {
        $0.hasPrefix("20.0 kB  83.0 %  steps 1–3  result") && $0.hasSuffix("wide/MatMul")
      })
  }

  /// Blocks in use at the same step never overlap, and add up to what the timeline says.
  @Test(arguments: [1, 3]) func blocksInUseAreDisjoint(threads: Int) throws {
    let fixture = ProfilingFixture()
    let memory = try fixture.session(threads: threads).memoryProfile(
      fixture.train, feeding: fixture.feeds)
    #expect(memory.timeline.count > 8)
    for moment in memory.timeline {
      let blocks = memory.blocks.filter { $0.isInUse(at: moment.step) }
        .sorted { $0.offset < $1.offset }
      for (low, high) in zip(blocks, blocks.dropFirst()) {
        #expect(low.offset + low.bytes <= high.offset, "step \(moment.step)")
      }
      #expect(blocks.reduce(0) { $0 + $1.bytes } == moment.bytes, "step \(moment.step)")
      #expect(blocks.allSatisfy { $0.offset + $0.bytes <= memory.arenaBytes })
    }
    #expect(memory.peakBlocks.reduce(0) { $0 + $1.bytes } == memory.peakBytes)
    #expect(memory.blocks.contains { $0.role == .carried && $0.type == "float32[24, 16]" })
  }

  @Test func aTimelineIsCodableAndDrawn() throws {
    let fixture = ProfilingFixture()
    let memory = try fixture.session().memoryProfile(fixture.train, feeding: fixture.feeds)
    let copy = try JSONDecoder().decode(
      MemoryProfile.self, from: JSONEncoder().encode(memory))
    #expect(copy == memory)
    let reader = BoxCounter()
    let parser = XMLParser(data: Data(memory.svg.utf8))
    parser.delegate = reader
    #expect(parser.parse())
    let drawn = memory.blocks.count { $0.lastStep >= $0.firstStep }
    #expect(reader.titles == drawn)
  }

  @Test func aPlanWithoutKernelsHasNoPeak() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2], name: "x")
    let memory = try Session(graph).memoryProfile(x, feeding: [x: NDArray.zeros(.float32, [2])])
    #expect(memory.peakStep == 0 && memory.timeline.isEmpty && memory.peakBlocks.isEmpty)
    #expect(memory.description.hasPrefix("arena 64 B"))
    #expect(memory.svg.hasSuffix("</svg>\n"))
  }
}

private final class BoxCounter: NSObject, XMLParserDelegate {
  var titles = 0

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    if name == "title" { titles += 1 }
  }
}
