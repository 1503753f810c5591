import Jacquard
import JacquardArrays
import Testing

@Suite struct CallableTests {
  let graph = Graph()

  @Test func callsGiveWhatRunsGive() throws {
    let x = graph.placeholder(.float32, [nil], name: "x")
    let y = graph.placeholder(.float32, [nil], name: "y")
    let v = graph.variable([1.0], name: "v")
    let step = v.assignAdd(graph.constant([1.0]))
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    // In another order than they were made in.
    let callable = try session.makeCallable(y - x, v, step, feeding: [y, x])
    for count in 1...3 {
      let (difference, before, _) = try callable([5.0, 6.0], [1.0, 1.5])
      #expect(difference.elements(as: Float.self) == [4, 4.5])
      #expect(before.doubleValue == Double(count))
    }
    let (difference, _, _) = try callable([5.0], [1.0])
    #expect(difference.elements(as: Float.self) == [4])
  }

  @Test func resultsAreWrittenIntoTheArraysGiven() throws {
    let x = graph.placeholder(.float32, [nil], name: "x")
    let v = graph.variable([3.0], name: "v")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let callable = try session.makeCallable(x * 2, v, x, x.sum(), feeding: [x])
    var outputs: [NDArray] = []
    try callable.run(feeding: [[1.0, 2.0]], into: &outputs)
    #expect(outputs.map { $0.elements(as: Float.self) } == [[2, 4], [3], [1, 2], [3]])
    let addresses = outputs.map(\.storage.pointer)
    try callable.run(feeding: [[5.0, 6.0]], into: &outputs)
    #expect(outputs.map { $0.elements(as: Float.self) } == [[10, 12], [3], [5, 6], [11]])
    #expect(outputs.map(\.storage.pointer) == addresses)
    // An array that is shared is left alone, one of another shape is replaced.
    let kept = outputs[0]
    try callable.run(feeding: [[7.0, 8.0]], into: &outputs)
    #expect(kept.elements(as: Float.self) == [10, 12])
    #expect(outputs[0].elements(as: Float.self) == [14, 16])
    try callable.run(feeding: [[9.0]], into: &outputs)
    #expect(outputs.map { $0.elements(as: Float.self) } == [[18], [3], [9], [9]])
    // Results may be fed again.
    for _ in 0..<2 { try callable.run(feeding: [outputs[0]], into: &outputs) }
    #expect(outputs[0].elements(as: Float.self) == [72])
    #expect(try session.value(of: v).doubleValue == 3)
  }

  @Test func misuseIsAnError() throws {
    let x = graph.placeholder(.float32, [2], name: "x")
    let session = Session(graph)
    let callable = try session.makeCallable(x, feeding: [x])
    #expect(sessionError { try callable() } == .argumentCount(expected: 1, given: 0))
    #expect(
      sessionError { try callable([1.0]) }
        == .feedShape(tensor: "x", declared: [2], fed: [1]))
    #expect(
      sessionError { try callable([1, 2]) }
        == .feedDType(tensor: "x", declared: .float32, fed: .int32))
    #expect(
      sessionError { _ = try session.makeCallable(x, feeding: [x, x]) }
        == .duplicateFeed(tensor: "x"))
    let foreign = Graph().placeholder(.float32, [], name: "f")
    #expect(
      sessionError { _ = try session.makeCallable(x, feeding: [foreign]) }
        == .foreignGraph(name: "f", use: .fed))
    let missing = try session.makeCallable(x * 2)
    #expect(throws: SessionError.self) { try missing() }
  }

  @Test func elementsThatDecideShapesAreCompared() throws {
    let shape = graph.placeholder(.int32, [2], name: "shape")
    let x = graph.placeholder(.float32, [4], name: "x")
    let callable = try Session(graph).makeCallable(x.reshaped(to: shape), feeding: [x, shape])
    let array = NDArray.arange(4, .float32)
    #expect(try callable(array, [2, 2]).shape == [2, 2])
    #expect(try callable(array, [4, 1]).shape == [4, 1])
    #expect(try callable(array, [2, 2]).shape == [2, 2])
  }
}
