import Foundation
import Jacquard
import Testing

/// What users write without thinking has to compile: `import Jacquard` alone, and runs used as expressions.
@Suite("Everyday spellings")
struct SpellingTests {
  @Test("a run can be used where its value is")
  func runAsExpression() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2], name: "x")
    let session = Session(graph)
    #expect(try session.run(x.sum(), feeding: [x: [1, 2]]).doubleValue == 3)
    let text = "\(try session.run(x * 2, feeding: [x: [1, 2]]).elements(as: Float.self))"
    #expect(text == "[2.0, 4.0]")
    let (a, b) = try session.run(x, x + 1, feeding: [x: NDArray([1, 2] as [Float])])
    #expect(a.doubles() + b.doubles() == [1, 2, 2, 3])
  }

  @Test("errors say what is wrong through localizedDescription, too")
  func localizedDescription() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2], name: "x")
    let error = #expect(throws: (any Error).self) { try Session(graph).run(x) }
    #expect(error?.localizedDescription.contains("'x'") == true)
  }
}
