import JacquardArrays
import Testing

@testable import Jacquard

/// What assignments to some rows copy.
@Suite struct RowCommitTests {
  let graph = Graph(seed: 5)
  let v: Variable
  let ids: Tensor
  let session: Session

  init() throws {
    v = graph.variable(.zeros, [8, 2], name: "v")
    ids = graph.placeholder(.int32, [nil], name: "ids")
    session = Session(graph)
    try session.run(graph.variablesInitializer)
  }

  /// The memory of the committed value, which the session may write to again.
  private func memory() throws -> UnsafeMutableRawPointer {
    try session.value(of: v).storage.pointer
  }

  private func rows(_ count: Int, _ value: Float) -> Tensor {
    graph.constant(NDArray(repeating: value, shape: [count, 2]))
  }

  @Test("a step copies the rows of the step before, and no others")
  func copiesRows() throws {
    let step = v.assign(rows(2, 1), at: ids)
    for indices in [[0, 1], [2, 3]] { try session.run(step, feeding: [ids: indices]) }
    // The step after the next will write to the buffer that is current now.
    let spare = try memory()
    try session.run(step, feeding: [ids: [4, 4]])
    #expect(try memory() != spare)
    (spare + 7 * 8).storeBytes(of: 42, as: Float.self)
    (spare + 4 * 8).storeBytes(of: 43, as: Float.self)
    try session.run(step, feeding: [ids: [5, 6]])
    #expect(try memory() == spare)
    let value = try session.value(of: v).doubles()
    // Row 7 was nobody's: it has not been copied. Row 4 was the last step's: it has.
    #expect(value == [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 42, 0])
  }

  @Test(
    "the kernel writes to the memory that is committed, without a copy", arguments: [true, false])
  func inPlace(replacing: Bool) throws {
    let step = replacing ? v.assign(rows(1, 1), at: ids) : v.assignAdd(rows(1, 1), at: ids)
    var fetches = FetchList()
    fetches.append(step)
    let plan = try session.prepare(fetches, ResolvedFeeds([ids: [3]], in: graph)).plan
    let pending = plan.inputs.filter { $0.source == .pending(VariableID(0)) }
    #expect(pending.count == 1)
    #expect(plan.rowCommits == [0])
  }

  @Test("what other assignments, failures and readers leave behind is not taken for rows")
  func unknownDifferences() throws {
    let step = v.assignAdd(rows(1, 1), at: ids)
    let all = v.assignAdd(graph.ones(.float32, [8, 2]))
    let twice = graph.group([
      v.assign(rows(1, 5), at: graph.constant([0])),
      v.assignAdd(rows(1, 1), at: graph.constant([1])),
    ])
    var expected = [Double](repeating: 0, count: 16)
    func add(_ row: Int) throws {
      try session.run(step, feeding: [ids: [row]])
      for column in 0..<2 { expected[row * 2 + column] += 1 }
      #expect(try session.value(of: v).doubles() == expected)
    }
    for row in 0..<3 { try add(row) }
    try session.run(all)
    expected = expected.map { $0 + 1 }
    for row in 2..<5 { try add(row) }
    #expect(throws: SessionError.self) { try session.run(step, feeding: [ids: [8]]) }
    for row in 5..<8 { try add(row) }
    try session.assign(v, .zeros(.float32, [8, 2]))
    expected = expected.map { _ in 0 }
    for row in 3..<6 { try add(row) }
    try session.run(twice)
    expected.replaceSubrange(0..<4, with: [5, 5, 1, 1])
    for row in 0..<3 { try add(row) }
    let kept = try session.value(of: v)
    let keptElements = expected
    for row in 4..<8 { try add(row) }
    #expect(kept.doubles() == keptElements)
  }

  @Test("the new value may be fetched, and assigned elsewhere")
  func shared() throws {
    let w = graph.variable(.zeros, [8, 2], name: "w")
    let step = v.assignAdd(rows(1, 1), at: ids)
    let copy = w.assign(step.result * 1)
    let same = w.assign(step.result)
    let reader = graph.controlDependencies([step]) { v.read() + 0 }
    try session.run(graph.variablesInitializer)
    for (round, other) in [copy, same, copy, same].enumerated() {
      let (new, old, read, _) = try session.run(
        step.result, v, reader, other, feeding: [ids: [round]])
      #expect(old.doubles()[round * 2] == 0)
      #expect(new.doubles()[round * 2] == 1 && new == read)
      #expect(try session.value(of: v) == new)
      #expect(try session.value(of: w) == new)
    }
  }

  @Test("a later assignment to the whole is not written before the rows are read")
  func laterAssignment() throws {
    let x = graph.placeholder(.float32, [8, 2])
    let y = x * 2
    let step = v.assignAdd(rows(1, 1), at: ids)
    let whole = v.assign(y)
    let (rows, _) = try session.run(
      step.result, whole, feeding: [ids: [2], x: NDArray(repeating: Float(3), shape: [8, 2])])
    #expect(rows.doubles() == [0, 0, 0, 0, 1, 1] + [Double](repeating: 0, count: 10))
    #expect(try session.value(of: v).doubles() == [Double](repeating: 6, count: 16))
  }
}
