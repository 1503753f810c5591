import Jacquard
import JacquardArrays
import Testing

@Suite struct IndexedSlicesTests {
  let graph = Graph(seed: 3)

  private func table() -> Variable {
    graph.variable(NDArray([[1, 2], [3, 4], [5, 6], [7, 8]] as [[Double]]), name: "table")
  }

  private func gradient(of loss: Tensor, _ variable: Variable) throws -> Tensor {
    try #require(graph.gradients(of: [loss], withRespectTo: [variable])[0])
  }

  private func session() throws -> Session {
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    return session
  }

  @Test("the gradient of a gather has its rows, indices of any shape flattened")
  func gather() throws {
    let table = table()
    for ids in [[2, 0, 2, 1], [[2, 0], [2, 1]]] as [NDArray] {
      let gradient = try gradient(of: square(table.gathered(at: graph.constant(ids))).sum(), table)
      let slices = try #require(gradient.indexedSlices)
      #expect(slices.values.shape == [4, 2] && slices.indices.shape == [4])
      let (values, indices) = try session().run(slices.values, slices.indices)
      #expect(values.doubles() == [10, 12, 2, 4, 10, 12, 6, 8])
      #expect(indices.doubles() == [2, 0, 2, 1])
    }
    let single = try gradient(of: table.gathered(at: graph.scalar(1, .int32)).sum(), table)
    #expect(single.indexedSlices?.values.shape == [1, 2])
  }

  @Test("a sum of gradients of gathers has the rows of all, in one index type")
  func sum() throws {
    let table = table()
    let a = table.gathered(at: graph.constant([1]))
    let b = table.gathered(at: graph.constant(NDArray([3, 1] as [Int64])))
    let c = table.gathered(at: graph.constant([[0], [0]]))
    let gradient = try gradient(of: a.sum() + 2 * b.sum() + 3 * c.sum(), table)
    for total in [gradient, gradient + gradient] {
      let slices = try #require(total.indexedSlices)
      #expect(slices.indices.dtype == .int64)
      let (dense, again, totals, rows, indices) = try session().run(
        total, slices.dense(), slices.totals(), slices.distinctRows(), slices.indices)
      #expect(dense == again)
      #expect(dense.doubles() == [6, 6, 3, 3, 0, 0, 2, 2].map { $0 * (total == gradient ? 1 : 2) })
      for (position, index) in indices.doubles().enumerated() {
        #expect(totals[position] == dense[Int(index)])
      }
      #expect(rows.doubles().reduce(0, +) == dense.doubles().reduce(0, +))
      #expect(slices.dense().indexedSlices != nil)
    }
  }

  @Test("whatever else there is in a sum, or done to it, makes it dense")
  func dense() throws {
    let table = table()
    let ids = graph.placeholder(.int32, [nil])
    let gathered = table.gathered(at: ids).sum()
    #expect(try gradient(of: gathered, table).indexedSlices != nil)
    #expect(try gradient(of: gathered + square(table).sum(), table).indexedSlices == nil)
    #expect(try (gradient(of: gathered, table) * 2).indexedSlices == nil)
    #expect(try gradient(of: table.gathered(at: ids, axis: 1).sum(), table).indexedSlices == nil)
    #expect(try gradient(of: table.gathered(at: ids, axis: -2).sum(), table).indexedSlices != nil)
    #expect(table.indexedSlices == nil)
    let row = graph.ones(.float64, [1, 2])
    #expect(table.addingScattered(row, at: graph.constant([0])).indexedSlices == nil)
    let first = scatterAdd(row, at: graph.constant([0]), like: row)
    let all = scatterAdd(row, at: graph.constant([0]), like: table)
    // A sum that broadcasts is not a sum of rows.
    #expect((first + all).indexedSlices == nil)
    let open = graph.placeholder(.float32, [nil, nil])
    let places = graph.placeholder(.int32, [2, 2])
    let rows = open.gathered(at: places)
    #expect(scatterAdd(rows, at: places, like: open).indexedSlices == nil)
    #expect(graph.diagnostics.isEmpty)
  }

  @Test("a sum of very many parts is taken as dense")
  func many() throws {
    let table = table()
    var sum = scatterAdd(graph.ones(.float64, [1, 2]), at: graph.constant([0]), like: table)
    for _ in 0..<64 { sum = sum + sum }
    #expect(sum.indexedSlices == nil)
  }

  @Test("inside a loop, the gradient of a gather is dense, and right")
  func loop() throws {
    let table = table()
    let ids = graph.constant([1, 3, 1])
    let total = graph.scan(ids, initial: graph.zeros(.float64, [2])) { state, id in
      let next = state + square(table.gathered(at: id))
      return (next, next)
    }.state
    let gradient = try gradient(of: total.sum(), table)
    #expect(gradient.indexedSlices == nil)
    #expect(try session().run(gradient).doubles() == [0, 0, 12, 16, 0, 0, 14, 16])
  }
}
