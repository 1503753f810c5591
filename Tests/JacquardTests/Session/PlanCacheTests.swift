import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct PlanCacheTests {
  let graph = Graph()

  @Test func equalRunsShareAPlan() throws {
    let x = graph.placeholder(.float32, [nil])
    let y = x + 1
    let session = Session(graph)
    for _ in 0..<3 { try session.run(y, feeding: [x: [1.0]]) }
    #expect(session.cachedPlanCount == 1)
    try session.run(y, feeding: [x: [1.0, 2.0]])
    #expect(session.cachedPlanCount == 2)
    try session.run(x, feeding: [x: [1.0]])
    #expect(session.cachedPlanCount == 3)
  }

  @Test func plansAreEvictedLeastRecentlyUsedFirst() throws {
    let x = graph.placeholder(.float32, [nil])
    let y = x + 1
    let session = Session(graph, options: SessionOptions(planCacheCount: 2))
    func run(_ count: Int) throws -> PreparedPlan {
      let feeds: Feeds = [x: NDArray.zeros(.float32, [count])]
      var list = FetchList()
      list.append(y)
      let (prepared, _) = try session.prepare(list, feeds)
      return prepared
    }
    let one = try run(1)
    let two = try run(2)
    #expect(try run(1) === one)
    _ = try run(3)
    #expect(session.cachedPlanCount == 2)
    #expect(try run(1) === one)
    #expect(try run(2) !== two)
  }

  @Test func plansAreEvictedByBytes() throws {
    let x = graph.placeholder(.float32, [nil])
    let y = ((x + 1).sum() * x).sum()
    let session = Session(graph, options: SessionOptions(planCacheBytes: 100_000))
    for count in 1...10 {
      try session.run(y, feeding: [x: NDArray.zeros(.float32, [count * 1000])])
    }
    #expect(session.cachedPlanCount < 10)
    #expect(try session.run(y, feeding: [x: NDArray.ones(.float32, [2])]).doubleValue == 8)
  }

  @Test func fedShapesAreSpecialisedByTheirElements() throws {
    let x = graph.placeholder(.float32, [nil])
    let shape = graph.placeholder(.int32, [2], name: "shape")
    let y = x.reshaped(to: shape)
    let session = Session(graph)
    let array = NDArray.arange(6, .float32)
    for _ in 0..<2 {
      #expect(try session.run(y, feeding: [x: array, shape: [2, 3]]).shape == [2, 3])
      #expect(try session.run(y, feeding: [x: array, shape: [3, 2]]).shape == [3, 2])
    }
    #expect(session.cachedPlanCount == 2)
  }

  @Test func theMemoryLimitIsNamed() throws {
    let x = graph.placeholder(.float32, [nil])
    let y = (tanh(x).sum() * x).sum()
    let session = Session(graph, options: SessionOptions(memoryLimit: 1000))
    try session.run(y, feeding: [x: NDArray.zeros(.float32, [4])])
    let error = sessionError {
      try session.run(y, feeding: [x: NDArray.zeros(.float32, [100_000])])
    }
    guard case .memoryLimit(let bytes, 1000) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(bytes > 1000)
  }
}
