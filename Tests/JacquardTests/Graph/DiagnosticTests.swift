import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Building diagnostics")
struct DiagnosticTests {
  static let mistakes =
    Mistake.elementwise + Mistake.operators + Mistake.shapes + Mistake.indexing
    + Mistake.convolutions + Mistake.controlFlow + Mistake.state + Mistake.gradients
    + Mistake.tensorArrays

  @Test("names what is wrong, what would mend it, and the line", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    let graph = Graph()
    let expectedLine = mistake.make(graph)
    try check(
      graph.diagnostics, say: mistake.words, at: "/\(mistake.file):\(expectedLine): ")
    #expect(throws: GraphError.self) { try graph.validate() }
    #expect(throws: GraphError.self) { try Session(graph).run(graph.constant(1.0)) }
  }

  @Test("fed shapes that do not fit name what is wrong, and the line", arguments: FedMistake.all)
  func fedMistake(_ mistake: FedMistake) throws {
    let graph = Graph()
    let setup = mistake.make(graph)
    #expect(graph.diagnostics.isEmpty, "\(graph.diagnostics.map(\.description))")
    let error = #expect(throws: GraphError.self) { try run(setup.fetches, setup.feeds, in: graph) }
    try check(
      error?.diagnostics ?? [], say: mistake.words, at: "/\(mistake.file):\(setup.line): ")
    // It is the fed shapes, not the graph, that are wrong.
    try graph.validate()
  }

  @Test("joining no tensors at all is told, with the line")
  func noOperands() throws {
    let made: [(Tensor, UInt)] = [
      located(concatenate([], axis: 0)), located(stack([])), located(sum(of: [])),
    ]
    for (tensor, line) in made {
      try check(
        tensor.graph.diagnostics, say: ["there are no operands", "at least one tensor"],
        at: "/DiagnosticTests.swift:\(line): ")
    }
  }

  @Test("five mistakes are reported in one throw, in program order")
  func fiveMistakes() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    let y = graph.placeholder(.int32, [nil, 3], name: "y")
    let lines = [
      line(of: x + y), line(of: x.reshaped(to: [2, -1, -1])),
      line(of: matmul(x, x.transposed([1, 0]).reshaped(to: [4, -1]))), line(of: x.sum(along: [7])),
      line(of: tanh(y)),
    ]
    // What depends on a mistake is quiet.
    _ = tanh(matmul(x, x, transposeB: true)) + 1
    let error = #expect(throws: GraphError.self) { try graph.validate() }
    #expect(
      error?.diagnostics.map { $0.line } == lines.map { Int($0) }, "\(error?.description ?? "")")
  }

  @Test("everything that fed shapes contradict is reported in one throw, in program order")
  func fedMistakes() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, nil], name: "x")
    let y = graph.placeholder(.float32, [nil], name: "y")
    let (product, productLine) = located(matmul(x, x))
    let (sum, sumLine) = located(x + y)
    let (halves, splitLine) = located(y.split(count: 2, axis: 0))
    let (first, firstLine) = located(
      graph.scan(x, initial: y) { ($0 * $1, $1) }.outputs)
    // What depends on a mistake is quiet.
    let all = [product, sum, first, tanh(product) + 1] + halves
    let error = #expect(throws: GraphError.self) {
      try run(all, [(x, [2, 3]), (y, [5])], in: graph)
    }
    #expect(
      error?.diagnostics.map { $0.line }
        == [productLine, sumLine, splitLine, firstLine + 1].map { Int($0) },
      "\(error?.description ?? "")")
    // The same graph runs with shapes that fit.
    try run(all, [(x, [4, 4]), (y, [4])], in: graph)
  }

  @Test("operations on invalid tensors are quiet")
  func quiet() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2])
    let bad = x + graph.placeholder(.int32, [2])
    let parts = (tanh(bad) * 2).unstacked(count: 3, axis: 0)
    _ = graph.whileLoop(parts[0]) {
      $0 .< 3
    } do: {
      $0 + parts[1]
    }
    _ = graph.gradients(of: [parts[2]], withRespectTo: [x])
    #expect(parts.count == 3)
    #expect(graph.diagnostics.count == 1, "\(graph.diagnostics.map(\.description))")
  }

  /// The fast unwinder follows frame pointers, and crashed below frames of libraries that keep none.
  @Test("operators find their line, or do without, under any frames")
  func strangeFrames() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2])
    withKnownIssue {
      _ = x + graph.placeholder(.int32, [2])
      Issue.record("expected")
    }
    #expect(graph.diagnostics.count == 1)
  }

  /// Expects one diagnostic, with a remedy.
  private func check(
    _ diagnostics: [Diagnostic], say words: [String], at place: String
  ) throws {
    // Described once: of operators, that symbolicates a backtrace.
    let descriptions = diagnostics.map(\.description)
    let hasRemedy = diagnostics.allSatisfy { $0.remedy != nil }
    let description = try #require(descriptions.first)
    for word in words { #expect(description.contains(word), "\(description)") }
    #expect(hasRemedy, "\(description)")
    let isOneAtPlace = descriptions.count == 1 && description.contains(place)
    #expect(isOneAtPlace, "\(descriptions), not at \(place)")
  }

  private func run(
    _ fetches: [Tensor], _ feeds: [(tensor: Tensor, shape: [Int])], in graph: Graph
  ) throws {
    let tensors = feeds.map(\.tensor)
    let values = feeds.map { NDArray.zeros($0.tensor.dtype, $0.shape) }
    _ = try Session(graph).run(fetches, feeding: [tensors: values])
  }
}
