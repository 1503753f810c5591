import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct VariableStoreTests {
  let graph = Graph()

  @Test func twoBuffersServeAllSteps() throws {
    let v = graph.variable(.zeros, [100], name: "v")
    let step = v.assignAdd(graph.constant(.ones(.float32, [100])))
    var options = SessionOptions()
    options.updatesInPlace = false
    let session = Session(graph, options: options)
    try session.run(graph.variablesInitializer)
    var addresses: [UnsafeMutableRawPointer] = []
    for _ in 0..<6 {
      try session.run(step)
      addresses.append(try #require(session.store.current(0)).pointer)
    }
    #expect(addresses[0] != addresses[1])
    #expect(addresses == [0, 1, 0, 1, 0, 1].map { addresses[$0] })
  }

  @Test func aHeldValueIsNeverOverwritten() throws {
    let v = graph.variable(.zeros, [100], name: "v")
    let step = v.assignAdd(graph.constant(.ones(.float32, [100])))
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    var held: [NDArray] = []
    for count in 0..<5 {
      let (value, _) = try session.run(v, step)
      held.append(value)
      #expect(try session.value(of: v).doubles()[0] == Double(count + 1))
    }
    for (count, value) in held.enumerated() {
      #expect(value == NDArray.full(Double(count), dtype: .float32, shape: [100]))
    }
    #expect(Set(held.map(\.storage.pointer)).count == 5)
  }

  @Test func aFailedRunKeepsItsBufferForTheNext() throws {
    let v = graph.variable([1.0], name: "v")
    let x = graph.placeholder(.float32, [1], name: "x")
    let step = v.assign(checkNumerics(x, "finite"))
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(step, feeding: [x: [2.0]])
    let current = try #require(session.store.current(0)).pointer
    for _ in 0..<3 {
      #expect(throws: SessionError.self) { try session.run(step, feeding: [x: [Float.nan]]) }
      #expect(session.store.current(0)?.pointer == current)
    }
    try session.run(step, feeding: [x: [3.0]])
    #expect(try session.value(of: v).doubleValue == 3)
  }

  @Test func drawsOfAFailedRunAreGivenBack() {
    let store = VariableStore()
    var needs = StoreNeeds()
    needs.counters = [store.counterIndex(for: 42)]
    let (first, second) = (RunBindings(needs), RunBindings(needs))
    func start(_ run: RunBindings) -> Int64 {
      #expect(store.begin(needs, run))
      return run.draws[0]
    }
    #expect(start(first) == 0)
    store.abandon(needs, first)
    #expect(start(first) == 0)
    // A run at the same time draws other numbers, and goes on though the earlier one fails.
    #expect(start(second) == 1)
    store.abandon(needs, first)
    store.commit(needs, second)
    #expect(start(first) == 2)
    store.commit(needs, first)
    #expect(store.snapshot(count: 0).draws.map(\.count) == [3])
  }

  @Test func aRunThatLacksAVariableTakesNothing() throws {
    let store = VariableStore()
    store.replace([(0, ArrayStorage(byteCount: 8))])
    var needs = StoreNeeds()
    needs.reads = [0, 3]
    needs.counters = [store.counterIndex(for: 1)]
    let run = RunBindings(needs)
    #expect(!store.begin(needs, run))
    #expect(run.snapshots.allSatisfy { $0 == nil })
    #expect(store.uninitialized(among: needs.reads) == [3])
    needs.reads = [0]
    let complete = RunBindings(needs)
    #expect(store.begin(needs, complete))
    #expect(complete.draws[0] == 0)
  }
}
