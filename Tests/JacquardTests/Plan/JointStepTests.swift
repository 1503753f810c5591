import JacquardArrays
import Testing

@testable import Jacquard

/// Kernels that run side by side.
@Suite("Joint steps") struct JointStepTests {
  private let graph = Graph(seed: 3)

  private func joints(_ session: Session, _ fetches: FetchList, _ feeds: Feeds = Feeds()) throws
    -> [Int]
  {
    let plan = try session.prepare(fetches, ResolvedFeeds(feeds, in: graph)).plan
    return plan.schedule.steps.compactMap {
      if case .joint(let joint) = $0 { joint.members.steps.count } else { nil }
    }
  }

  private func list(_ fetches: [Tensor] = [], _ operations: [Jacquard.Operation] = []) -> FetchList
  {
    var list = FetchList()
    for tensor in fetches { list.append(tensor) }
    for operation in operations { list.append(operation) }
    return list
  }

  @Test func `updates of many variables are one step`() throws {
    let variables = [40_000, 3, 7_000, 1].map { graph.variable(.ones, [$0]) }
    let steps = variables.map { $0.assign($0 * 0.5 + 1) }
    let session = Session(graph, options: SessionOptions(threads: 2))
    try session.run(graph.variablesInitializer)
    #expect(try joints(session, list([], steps)) == [4])
    for _ in 0..<3 { try session.run(steps) }
    for variable in variables {
      let value = try session.value(of: variable)
      #expect(value == NDArray(repeating: Float(1.875), shape: value.shape))
    }
  }

  @Test func `what needs another's result, or is small, stands alone`() throws {
    let x = graph.placeholder(.float32, [40_000])
    let small = graph.placeholder(.float32, [10])
    let session = Session(graph, options: SessionOptions(threads: 2))
    let feeds = Feeds().feed(x, NDArray(repeating: Float(2), shape: [40_000]))
      .feed(small, NDArray(repeating: Float(2), shape: [10]))
    let y = x.sum()
    #expect(try joints(session, list([y, y * 2]), feeds) == [])
    #expect(try joints(session, list([small * 2, small.sum()]), feeds) == [])
    #expect(try joints(session, list([x * 2, small * 2, x.sum()]), feeds) == [3])
    let huge = graph.placeholder(.float32, [100_000])
    let ones = NDArray(repeating: Float(1), shape: [100_000])
    #expect(try joints(session, list([huge * 2, huge.sum()]), feeds.feed(huge, ones)) == [])
  }

  @Test func `kernels that take long meet, whatever stands between them`() throws {
    let x = graph.placeholder(.float32, [40, 100])
    let weights = (0..<2).map { graph.placeholder(.float32, [100, 50], name: "w\($0)") }
    let session = Session(graph, options: SessionOptions(threads: 2))
    var feeds = Feeds().feed(x, NDArray(repeating: Float(0.5), shape: [40, 100]))
    for weight in weights {
      feeds = feeds.feed(weight, NDArray(repeating: Float(0.25), shape: [100, 50]))
    }
    let first = tanh(matmul(x, weights[0])).sum()
    // Its operand is a view, which comes along.
    let second = matmul(x, weights[1].reshaped(to: [50, 100]), transposeB: true)
    #expect(try joints(session, list([first, second]), feeds) == [2])
    let (_, value) = try session.run(first, second, feeding: feeds)
    #expect(value == NDArray(repeating: Float(12.5), shape: [40, 50]))
    let dependent = matmul(x, matmul(x, weights[0]), transposeA: true)
    #expect(try joints(session, list([dependent]), feeds) == [])
  }

  /// What runs beside a kernel must not be overwritten by it, and memory is shared by nobody that runs at once.
  @Test(arguments: 0..<40) func `kernels side by side give the bits they give alone`(_ seed: Int)
    throws
  {
    var random = SplitMix(seed: UInt64(seed))
    func next(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    let shapes = [[40_000], [3], [190, 200], [], [48, 48]]
    let inputs = shapes.map { graph.placeholder(.float32, PartialShape($0)) }
    let variables = shapes.map { graph.variable(.constant(0.5), $0, dtype: .float32) }
    var known = inputs + variables
    func one(_ shape: [Int]) -> Tensor {
      let fitting = known.filter { $0.shape.known == shape }
      return fitting[next(fitting.count)]
    }
    for _ in 0..<12 {
      let (x, y) = { (one($0), one($0)) }(shapes[next(5)])
      let isSquare = x.shape.known == [48, 48]
      known.append(
        [
          x + y, x * y, tanh(x) - y, x.sum().broadcast(toShapeOf: y),
          isSquare ? matmul(x, y) * 0.01 : x - y,
        ][next(5)])
    }
    let steps = variables.map { variable in
      let shape = variable.shape.known ?? []
      return variable.assign(one(shape) * 0.5 + one(shape) * 0.25)
    }
    var feeds = Feeds()
    for (input, shape) in zip(inputs, shapes) {
      feeds = feeds.feed(
        input,
        NDArray(
          (0..<shape.reduce(1, *)).map { Float(($0 * 7919 + seed) % 1000) / 1000 }, shape: shape))
    }
    let fetches = known.dropFirst(inputs.count + variables.count).map { tanh($0) }
    var results: [[NDArray]] = []
    for (threads, inPlace) in [(1, false), (1, true), (2, true), (3, true)] {
      var options = SessionOptions(threads: threads)
      options.updatesInPlace = inPlace
      let session = Session(graph, options: options)
      try session.run(graph.variablesInitializer)
      var values: [NDArray] = []
      for _ in 0..<3 {
        let (fetched, _) = try session.run(fetches, steps, feeding: feeds)
        values += fetched
      }
      results.append(try values + variables.map { try session.value(of: $0) })
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }
}
