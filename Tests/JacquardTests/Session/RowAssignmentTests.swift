import Jacquard
import JacquardArrays
import Testing

/// Assignments to some rows of a variable.
@Suite struct RowAssignmentTests {
  let graph = Graph(seed: 7)

  private func variable() -> Variable {
    graph.variable(NDArray([[1, 2], [3, 4], [5, 6], [7, 8]] as [[Float]]), name: "v")
  }

  private func session() throws -> Session {
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    return session
  }

  @Test func rowsAreReplacedAndTheLastOfEqualIndicesStays() throws {
    let v = variable()
    let step = v.assign(
      graph.constant([[10.0, 20], [30, 40], [50, 60]]), at: graph.constant([2, 0, 2]))
    let session = try session()
    let (before, after) = try session.run(v, step.result)
    #expect(before.doubles() == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(after.doubles() == [30, 40, 3, 4, 50, 60, 7, 8])
    #expect(try session.value(of: v).doubles() == [30, 40, 3, 4, 50, 60, 7, 8])
  }

  @Test func rowsAddUpForEqualIndices() throws {
    let v = variable()
    let rows = graph.constant([[1.0, 1], [2, 2]])
    let add = v.assignAdd(rows, at: graph.constant(NDArray([3, 3] as [Int64])))
    let subtract = v.assignSubtract(rows, at: graph.constant([1, 1]))
    let session = try session()
    try session.run([add, subtract])
    #expect(try session.value(of: v).doubles() == [1, 2, 0, 1, 5, 6, 10, 11])
  }

  @Test func assignmentsOfRowsAndOfAllApplyInProgramOrder() throws {
    let v = variable()
    let operations = [
      v.assign(graph.constant([[0.0, 0]]), at: graph.constant([1])),
      v.assignAdd(graph.ones(.float32, [4, 2])),
      v.assignAdd(graph.constant([[10.0, 10]]), at: graph.constant([1])),
    ]
    let session = try session()
    for _ in 0..<2 { try session.run(operations) }
    #expect(try session.value(of: v).doubles() == [3, 4, 11, 11, 7, 8, 9, 10])
  }

  @Test("every step changes its own rows alone, whatever others saw of the variable before")
  func manySteps() throws {
    let v = variable()
    let (rows, ids) = (graph.placeholder(.float32, [nil, 2]), graph.placeholder(.int32, [nil]))
    let steps = [v.assign(rows, at: ids), v.assignAdd(rows, at: ids)]
    let doubled = v.assign(v * 2)
    let total = v.sum()
    let session = try session()
    var expected = try session.value(of: v).doubles()
    var kept: [(NDArray, [Double])] = []
    for round in 0..<40 {
      let indices = (0..<(round % 4)).map { Int32(($0 * 7 + round * 3) % 4) }
      let values = indices.indices.map { [Float(round), Float($0)] }
      let feeds: Feeds = [
        ids: NDArray(indices), rows: NDArray(values.flatMap(\.self), shape: [indices.count, 2]),
      ]
      let mode = round % 5
      let before: NDArray
      if mode == 4 {
        (before, _) = try session.run(total, doubled)
      } else {
        (before, _) = try session.run(total, steps[mode % 2], feeding: feeds)
      }
      #expect(before.doubleValue == expected.reduce(0, +))
      if mode == 4 {
        expected = expected.map { $0 * 2 }
      } else {
        for (index, row) in zip(indices, values) {
          for column in 0..<2 {
            let old = mode % 2 == 0 ? 0 : expected[Int(index) * 2 + column]
            expected[Int(index) * 2 + column] = old + Double(row[column])
          }
        }
      }
      let value = try session.value(of: v)
      #expect(value.doubles() == expected, "round \(round)")
      if round % 3 == 0 { kept.append((value, expected)) }
      if round % 7 == 6 {
        expected = expected.map { Swift.min($0, 1000) }
        try session.assign(v, NDArray(expected.map(Float.init), shape: [4, 2]))
      }
    }
    for (array, elements) in kept { #expect(array.doubles() == elements) }
  }

  @Test func aRunThatFailsLeavesTheRows() throws {
    let v = variable()
    let ids = graph.placeholder(.int32, [2])
    let rows = graph.ones(.float32, [2, 2])
    let steps = [v.assignAdd(rows, at: ids), v.assign(rows, at: ids)]
    let session = try session()
    try session.run(steps[0], feeding: [ids: [0, 1]])
    for step in steps {
      #expect(throws: SessionError.self) { try session.run(step, feeding: [ids: [3, 4]]) }
      #expect(try session.value(of: v).doubles() == [2, 3, 4, 5, 5, 6, 7, 8])
    }
    try session.run(steps[0], feeding: [ids: [3, 0]])
    #expect(try session.value(of: v).doubles() == [3, 4, 4, 5, 5, 6, 8, 9])
  }

  @Test func rowsCanBeAssignedInALoop() throws {
    let v = variable()
    let results = graph.scan(graph.constant([2, 0, 2]), initial: graph.scalar(0, .float32)) {
      count, id in
      let next = count + 1
      v.assignAdd(next.broadcast(to: [2]), at: id)
      return (next, next)
    }
    let session = try session()
    try session.run(results.state)
    #expect(try session.value(of: v).doubles() == [3, 4, 3, 4, 9, 10, 7, 8])
  }
}
