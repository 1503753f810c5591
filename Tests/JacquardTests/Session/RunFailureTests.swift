import Jacquard
import JacquardArrays
import Testing

@Suite struct RunFailureTests {
  let graph = Graph()

  @Test func theIterationOfALoopIsNamed() throws {
    let x = graph.placeholder(.float32, [nil, 2], name: "x")
    let start = graph.constant(NDArray.zeros(.float32, [2]))
    let total = graph.scan(x, initial: start, name: "total") { sum, row in
      (sum + checkNumerics(row, "rows are finite", name: "check"), sum)
    }.state
    let session = Session(graph)
    let rows: [[Float]] = [[0, 1], [2, 3], [4, .nan], [.nan, 0]]
    let error = sessionError { try session.run(total, feeding: [x: rows]) }
    guard case .runFailure("total/check", "CheckNumerics", let location?, let message) = error
    else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(location.contains("RunFailureTests.swift:"))
    #expect(message.contains("element 1 in iteration 2: rows are finite"))
    #expect("\(error!)".contains("nothing was committed"))
    // The session is as good as before.
    let good = try session.run(total, feeding: [x: [[1.0, 2.0], [3.0, 4.0]]])
    #expect(good.doubles() == [4, 6])
  }

  @Test func theIterationsOfAllLoopsAroundAreNamed() throws {
    let x = graph.placeholder(.float32, [nil, nil], name: "x")
    let start = graph.scalar(0, .float32)
    func sum(_ values: Tensor, _ step: @escaping (Tensor, Tensor) -> Tensor) -> Tensor {
      graph.scan(values, initial: start) { total, value in
        let next = step(total, value)
        return (next, next)
      }.state
    }
    let total = sum(x) { total, row in
      sum(row) { $0 + checkNumerics($1, "elements are finite") } + checkNumerics(total, "total")
    }
    let session = Session(graph)
    func message(_ rows: [[Float]]) -> String {
      let error = sessionError { try session.run(total, feeding: [x: rows]) }
      guard case .runFailure(_, _, _, let message) = error else {
        return "\(String(describing: error))"
      }
      return message
    }
    let inner = message([[1, 2, 3], [4, 5, .nan]])
    #expect(inner.contains("in iteration 2 of the loop in iteration 1: elements are finite"))
    // After the inner loop the outer one counts alone.
    let huge = Float.greatestFiniteMagnitude
    let outer = message([[1, 2], [huge, huge], [1, 2]])
    #expect(outer.contains("in iteration 2: total"))
  }

  @Test func anIndexOutOfRangeIsNamed() throws {
    let table = graph.constant([1.0, 2.0, 3.0])
    let index = graph.placeholder(.int32, [nil], name: "index")
    let picked = table.gathered(at: index)
    let session = Session(graph)
    let error = sessionError { try session.run(picked, feeding: [index: [0, 7]]) }
    guard case .runFailure(_, "Gather", _, let message) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(message.contains("the index 7 is outside 0..<3"))
    #expect(try session.run(picked, feeding: [index: [2, 0]]).doubles() == [3, 1])
  }

  @Test func aClosureThatThrowsFailsTheRun() throws {
    struct Refusal: Error {}
    let v = graph.variable([1.0], name: "v")
    let y = graph.call("refuse", [], resultType: { _ in TensorType(.float32, [1]) }) { _ in
      throw Refusal()
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let error = sessionError { try session.run(v.assign(y)) }
    guard case .runFailure("refuse", _, _, let message) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(message.contains("Refusal"))
    #expect(try session.value(of: v).doubles() == [1])
  }

  @Test func assignmentsInALoopCommitWithTheRun() throws {
    let count = graph.variable(.zeros, [], name: "count")
    let x = graph.placeholder(.float32, [nil], name: "x")
    let none = graph.constant(0.0)
    let total = graph.scan(x, initial: none, name: "total") { sum, element in
      graph.controlDependencies([count.assignAdd(graph.constant(1.0))]) {
        (sum + checkNumerics(element, "finite"), sum)
      }
    }.state
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(total, feeding: [x: [1.0, 2.0, 3.0]])
    #expect(try session.value(of: count).doubleValue == 3)
    #expect(throws: SessionError.self) {
      try session.run(total, feeding: [x: [1.0, 2.0, Double.nan]])
    }
    #expect(try session.value(of: count).doubleValue == 3)
  }
}
