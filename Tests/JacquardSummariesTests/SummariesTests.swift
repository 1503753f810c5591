import Foundation
import Jacquard
import JacquardNN
import TemporaryFolders
import Testing

@testable import JacquardSummaries

@Suite("Summaries")
struct SummariesTests {
  @Test("are computed in the run of the training step, as of before it, and written together")
  func withTheStep() throws {
    let graph = Graph()
    let weight = graph.variable([1, 2] as NDArray, name: "weight")
    let image = graph.placeholder(.uint8, [nil, 2, 2, 1], name: "image")
    let cost = square(weight.cast(to: .float32)).sum()
    let step = weight.assignAdd(1)
    var summaries = Summaries()
    summaries.add(scalar: cost, named: "cost")
    summaries.add(histogramsOf: graph.variables)
    summaries.add(image: image, named: "digits", maximumCount: 1)

    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder)
    for number in 0..<2 {
      let (found, _) = try session.run(
        summaries, step, feeding: [image: NDArray.zeros(.uint8, [3, 2, 2, 1])])
      try writer.add(found, step: number)
      #expect(found["cost"]?.doubleValue == (number == 0 ? 5 : 13))
      #expect(found["weight"] == (number == 0 ? [1, 2] : [2, 3]))
      #expect(found["other"] == nil)
    }
    try writer.close()
    let events = try events(in: folder)
    #expect(events.map(\.step) == [0, 1])
    #expect(
      events.map { $0.summary.value.map(\.tag) }.allSatisfy {
        $0 == ["cost", "weight", "digits/image"]
      })
    #expect(try scalars(in: folder) == ["cost 0 5.0", "cost 1 13.0"])
    #expect(events.map { $0.summary.value[1].histo.sum } == [3, 5])
  }

  @Test("what cannot be a scalar or an image is a diagnostic with the line")
  func diagnostics() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 4], name: "x")
    var summaries = Summaries()
    let line: UInt = #line + 1
    summaries.add(scalar: x, named: "cost")
    summaries.add(image: x, named: "digits")
    summaries.add(image: x.reshaped(to: [-1, 2, 1, 2]), named: "pairs")
    let diagnostics = graph.diagnostics.map(\.description)
    try #require(diagnostics.count == 3)
    #expect(diagnostics[0].contains("the scalar summary 'cost' is float32[?, 4]"))
    #expect(diagnostics[0].contains("reduce it to one number"))
    #expect(diagnostics[0].contains("SummariesTests.swift:\(line)"))
    #expect(diagnostics[1].contains("the image summary 'digits' is float32[?, 4]"))
    #expect(diagnostics[1].contains("SummariesTests.swift:\(line + 1)"))
    #expect(diagnostics[2].contains("1, 3 or 4 channels"))
  }

  @Test("a scalar whose shape only the run tells is checked then")
  func unknownShape() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, .unknown, name: "x")
    var summaries = Summaries()
    summaries.add(scalar: x, named: "cost")
    let writer = try EventWriter(directory: temporaryPath())
    let session = Session(graph)
    try writer.add(session.run(summaries, feeding: [x: 3]), step: 0)
    let found = try session.run(summaries, feeding: [x: NDArray([1, 2] as [Float])])
    let error = #expect(throws: SummaryError.self) { try writer.add(found, step: 1) }
    #expect(error?.description.contains("'cost' is float32[2]; reduce it") == true)
  }
}
