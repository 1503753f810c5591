import JacquardArrays
import Testing

@testable import Jacquard

/// Concatenations whose operands are written where they would be copied.
@Suite("Pieces of arrays") struct PieceTests {
  private let graph = Graph(seed: 5)

  private func product(_ rows: Int, _ columns: Int, _ name: String) -> Tensor {
    let x = graph.variable(.normal(), [rows, 3], name: "x_\(name)")
    return matmul(x, graph.variable(.normal(), [3, columns], name: "w_\(name)"))
  }

  private func session() throws -> Session {
    let session = Session(graph, options: SessionOptions(threads: 2))
    try session.run(graph.variablesInitializer)
    return session
  }

  /// How many kernels of a run are concatenations.
  private func copies(_ session: Session, _ fetches: [Tensor]) throws -> Int {
    var list = FetchList()
    for tensor in fetches { list.append(tensor) }
    return try session.prepare(list, ResolvedFeeds(Feeds(), in: graph)).plan.rows.count {
      $0.kind == .kernel && $0.name == "Concatenate"
    }
  }

  @Test func `parts along the outermost axis that nobody else uses are not copied`() throws {
    let parts = [product(2, 7, "a"), product(3, 7, "b"), product(1, 7, "c")]
    let joined = concatenate(parts, axis: 0)
    let beside = concatenate([product(1, 5, "d"), product(1, 2, "e")], axis: -1)
    let use = matmul(joined, beside, transposeB: true)
    let session = try session()
    #expect(try copies(session, [use]) == 0)
    let value = try session.run(use)
    // Fetched, the concatenations are made from fetched parts.
    let (first, second) = try session.run(joined, beside)
    #expect(try copies(session, [joined, beside] + parts) == 2)
    let x = graph.placeholder(.float32, [6, 7])
    let y = graph.placeholder(.float32, [1, 7])
    #expect(
      try session.run(
        matmul(x, y, transposeB: true), feeding: Feeds().feed(x, first).feed(y, second)) == value)
  }

  @Test func `parts that others use, or that lie apart, are copied`() throws {
    let (a, b) = (product(2, 4, "a"), product(2, 4, "b"))
    let session = try session()
    let twice = concatenate([a, a], axis: 0)
    let shared = concatenate([a, b], axis: 0)
    let apart = concatenate([product(2, 4, "c"), b], axis: 1)
    let square = { matmul($0, $0, transposeA: true) }
    #expect(try copies(session, [square(twice)]) == 1)
    #expect(try copies(session, [square(shared), a]) == 1)
    #expect(try copies(session, [square(apart)]) == 1)
    let (value, part) = try session.run(square(shared), a)
    #expect(try session.run(square(shared)) == value)
    #expect(try session.run(a) == part)
  }

  @Test(arguments: 0..<30) func `whatever is joined has the elements of its parts`(_ seed: Int)
    throws
  {
    var random = SplitMix(seed: UInt64(seed))
    func next(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    let columns = 1 + next(9)
    var parts = (0..<5).map { product(next(6), columns, "p\($0)") }
    parts.append(parts[next(5)] * 2)
    var wholes: [Tensor] = []
    for _ in 0..<3 {
      let chosen = (0..<(2 + next(3))).map { _ in
        wholes.isEmpty || next(3) > 0 ? parts[next(parts.count)] : wholes[next(wholes.count)]
      }
      wholes.append(concatenate(chosen, axis: 0))
    }
    let results = wholes.map { tanh($0) }
    let session = try session()
    let together = try session.run(results)
    let passes = Set(Compiler.passes.map { type(of: $0).name })
    let plain = Session(graph, options: SessionOptions(threads: 1, disabledPasses: passes))
    for variable in graph.variables {
      try plain.assign(variable, try session.value(of: variable))
    }
    for (result, value) in zip(results, together) { #expect(try plain.run(result) == value) }
  }
}
