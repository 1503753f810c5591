import Jacquard
import JacquardArrays
import Testing

@Suite struct FetchTests {
  @Test func fetchesKeepTheirStructure() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil], name: "x")
    let state = StatePair(c: x + 1, h: x * 2)
    let v = graph.variable([0.0], name: "v")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let nothing: Tensor? = nil
    let (sum, pair, list, done, none): (NDArray, StatePair<NDArray>, [NDArray], Void, NDArray?) =
      try session.run(
        x + x, state, [x, state.c], v.assign(graph.constant([7.0])), nothing,
        feeding: [x: [1.0, 2.0]])
    #expect(sum.elements(as: Float.self) == [2, 4])
    #expect(pair.c.elements(as: Float.self) == [2, 3])
    #expect(pair.h.elements(as: Float.self) == [2, 4])
    #expect(list.map { $0.elements(as: Float.self) } == [[1, 2], [2, 3]])
    #expect(done == ())
    #expect(none == nil)
  }

  @Test func aFetchOfAnOperationAloneGivesVoid() throws {
    let graph = Graph()
    let v = graph.variable([1.0], name: "v")
    let session = Session(graph)
    let result: Void = try session.run(graph.variablesInitializer)
    #expect(result == ())
    try session.run([v.assignAdd(graph.constant([1.0])), graph.group([])])
    #expect(try session.value(of: v).elements(as: Float.self) == [2])
  }

  @Test func duplicatedFetchesAreComputedOnce() throws {
    let graph = Graph()
    let calls = Counter()
    let y = graph.call("count", [], resultType: { _ in TensorType(.float32, []) }) { _ in
      calls.increment()
      return NDArray(Float(3))
    }
    let session = Session(graph)
    let (a, b, c) = try session.run(y, y, [y, y])
    #expect(a == b && c == [a, a])
    #expect(a.scalar(as: Float.self) == 3)
    #expect(calls.value == 1)
  }

  @Test func fetchingWhatIsFedGivesTheFedArray() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, nil])
    let array = NDArray.arange(6, .float32).reshaped(to: [2, 3])
    let fetched = try Session(graph).run(x, feeding: [x: array])
    #expect(fetched == array)
    #expect(fetched.storage === array.storage)
  }

  @Test func constantsAndViewsCanBeFetched() throws {
    let graph = Graph()
    let k = graph.constant([[1, 2], [3, 4]])
    let (constant, view) = try Session(graph).run(k, k.reshaped(to: [4]))
    #expect(constant == [[1, 2], [3, 4]])
    #expect(view == [1, 2, 3, 4])
  }

  @Test(arguments: [0, 1, 5]) func emptyAxesAreLegal(rows: Int) throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3])
    let w = graph.variable(.constant(2), [3, 2], name: "w")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (product, total) = try session.run(
      matmul(x, w), (x + 1).sum(), feeding: [x: NDArray.ones(.float32, [rows, 3])])
    #expect(product == NDArray.full(6, dtype: .float32, shape: [rows, 2]))
    #expect(total.scalar(as: Float.self) == Float(6 * rows))
  }

  @Test func fetchedVariablesAreSnapshots() throws {
    let graph = Graph()
    let v = graph.variable([1.0, 2.0], name: "v")
    let step = v.assignAdd(graph.constant([1.0, 1.0]))
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let before = try session.run(v)
    for _ in 0..<5 { try session.run(step) }
    #expect(before.elements(as: Float.self) == [1, 2])
    var changed = try session.run(v)
    changed[0] = 100
    #expect(try session.run(v).doubles() == [6, 7])
  }

  @Test func aLoopOfUnknownLengthGivesAsManyRowsAsItRan() throws {
    let graph = Graph()
    let limit = graph.placeholder(.int32, [], name: "limit")
    let start = graph.constant(0)
    let final = graph.whileLoop(start) {
      $0 .< limit
    } do: {
      $0 + 1
    }
    let session = Session(graph)
    for count in [0, 3, 50] {
      let last = try session.run(final, feeding: [limit: count])
      #expect(last.intValue == count)
    }
    #expect(session.cachedPlanCount == 1)
  }
}
