import Jacquard
import JacquardArrays
import Synchronization
import Testing

/// Counts calls from any thread.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  func increment() { count.add(1, ordering: .relaxed) }
}

@Suite struct SessionConcurrencyTests {
  @Test func readersSeeAllOfAStepOrNone() async throws {
    let graph = Graph()
    let length = 2000
    let a = graph.variable(.zeros, [length], name: "a")
    let b = graph.variable(.zeros, [length], name: "b")
    let steps = [a.assignAdd(graph.constant(.ones(.float32, [length]))), b.assign(a + 1)]
    let difference = (a - b).max() - (a - b).min()
    let session = Session(graph, options: SessionOptions(threads: 2))
    try session.run(graph.variablesInitializer)
    let torn = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          for _ in 0..<200 { try session.run(steps) }
          return 0
        }
      }
      for _ in 0..<2 {
        group.addTask {
          var torn = 0
          for _ in 0..<300 {
            let (spread, x, y) = try session.run(difference, a, b)
            if spread.doubleValue != 0 || x != y { torn += 1 }
            let state = session.state.variables
            if state[0].value != state[1].value { torn += 1 }
          }
          return torn
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(torn == 0)
    #expect(try session.value(of: a) == NDArray.full(400, dtype: .float32, shape: [length]))
  }

  @Test func noUpdateIsLost() async throws {
    let graph = Graph()
    let v = graph.variable(.zeros, [], dtype: .int64, name: "v")
    let step = v.assignAdd(graph.scalar(1, .int64))
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { for _ in 0..<250 { try session.run(step) } }
      }
      try await group.waitForAll()
    }
    #expect(try session.value(of: v).intValue == 1000)
  }

  @Test func concurrentDrawsDiffer() async throws {
    let graph = Graph(seed: 3)
    let noise = graph.randomUniform([8], from: 0, to: 1)
    let session = Session(graph)
    let drawn = try await withThrowingTaskGroup(of: [NDArray].self) { group in
      for _ in 0..<4 {
        group.addTask { try (0..<50).map { _ in try session.run(noise) } }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(drawn).count == 200)
    let serial = Session(graph)
    #expect(Set(try (0..<200).map { _ in try serial.run(noise) }) == Set(drawn))
  }

  @Test func concurrentRunsOfNewShapesGiveTheSame() async throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 8])
    let w = graph.variable(.glorotUniform, [8, 8], name: "w")
    let y = tanh(matmul(x, w))
    let session = Session(graph, options: SessionOptions(planCacheCount: 3))
    try session.run(graph.variablesInitializer)
    let inputs = (0..<12).map {
      NDArray.arange(8 * ($0 + 1), .float32).reshaped(to: [$0 + 1, 8])
    }
    let expected = try inputs.map { try session.run(y, feeding: [x: $0]) }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<5 {
            for (input, result) in zip(inputs, expected)
            where try session.run(y, feeding: [x: input]) != result { return false }
          }
          return true
        }
      }
      for try await same in group { #expect(same) }
    }
    #expect(session.cachedPlanCount <= 3)
  }

  @Test func aClosureCannotAssignWithinAnAssigningRun() throws {
    let graph = Graph()
    let v = graph.variable([0.0], name: "v")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let found = Mutex<SessionError?>(nil)
    let y = graph.call("nested", [], resultType: { _ in TensorType(.float32, [1]) }) { _ in
      found.withLock { $0 = sessionError { try session.assign(v, [5.0]) } }
      return NDArray([try session.value(of: v).doubleValue + 1]).converted(to: .float32)
    }
    try session.run(v.assign(y))
    #expect(found.withLock { $0 } == .nestedAssignment)
    #expect(try session.value(of: v).doubleValue == 1)
  }
}
