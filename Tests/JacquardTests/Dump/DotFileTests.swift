import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct DotFileTests {
  @Test func textIsEscaped() {
    #expect(DotDocument.quoted(#"a "b" \N & c"#) == #""a \"b\" \\N &amp; c""#)
    #expect(DotDocument.quoted("two\nlines\u{7}") == "\"two\\nlines\u{FFFD}\"")
    #expect(DotDocument.identifier(#"a "b" \ &"#) == #""a \"b\" \\ &""#)
    #expect(DotDocument.markupEscaped("<a & \"b\">") == "&lt;a &amp; &quot;b&quot;&gt;")
  }

  @Test func writingReplacesTheFile() throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("DotFileTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let graph = Graph()
    _ = graph.placeholder(.float32, [2], name: "x")
    let path = directory.appendingPathComponent("graph.dot").path
    try "old".write(toFile: path, atomically: true, encoding: .utf8)
    try graph.writeDot(to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == graph.dot())
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["graph.dot"])
  }

  @Test func aFileThatCannotBeWrittenIsNamed() {
    let error = #expect(throws: FileWriteError.self) {
      try Graph().writeDot(to: "/nonexistent/graph.dot")
    }
    #expect(error?.description.contains("/nonexistent/graph.dot") == true)
  }

  @Test(.enabled(if: Graphviz.isInstalled, "Graphviz is not installed"), arguments: [nil, 0, 1, 2])
  func graphvizDrawsTheGraph(maxDepth: Int?) throws {
    let fixture = RecurrentFixture()
    let odd = fixture.graph.placeholder(.float32, [], name: #"odd "name" \ <&>"#)
    _ = fixture.graph.conditional(odd .> 0, then: { tanh(odd) }, else: { odd })
    let drawing = fixture.graph.dot(DotOptions(maxDepth: maxDepth, title: #"a "title" \N <&>"#))
    let svg = try Graphviz.svg(of: drawing)
    #expect(svg.contains("<svg"))
    #expect(svg.contains("a &quot;title&quot; \\N &lt;&amp;&gt;"))
    // Graphviz leaves out edges it fails to route, and still ends with success.
    let edgeCount = svg.components(separatedBy: "class=\"edge\"").count - 1
    #expect(edgeCount == DotReader(drawing).edges.count)
  }

  @Test(.enabled(if: Graphviz.isInstalled, "Graphviz is not installed"))
  func graphvizDrawsThePlan() throws {
    let fixture = RecurrentFixture()
    let session = Session(fixture.graph)
    let drawing = try session.planDot(
      fixture.train, feeding: [fixture.x: NDArray.zeros(.float32, [2, 5, 3])])
    #expect(try Graphviz.svg(of: drawing).contains("<svg"))
  }
}

/// The `dot` program.
private enum Graphviz {
  private static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":").map { "\($0)/dot" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  static var isInstalled: Bool { path != nil }

  struct Failure: Error { var message: String }

  static func svg(of drawing: String) throws -> String {
    let base = FileManager.default.temporaryDirectory.appendingPathComponent(
      "Graphviz-\(UUID().uuidString)")
    let (input, output) = (base.appendingPathExtension("dot"), base.appendingPathExtension("svg"))
    defer {
      try? FileManager.default.removeItem(at: input)
      try? FileManager.default.removeItem(at: output)
    }
    try drawing.write(to: input, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path!)
    process.arguments = ["-Tsvg", input.path, "-o", output.path]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(message: "dot ended with \(process.terminationStatus)")
    }
    return try String(contentsOf: output, encoding: .utf8)
  }
}
