import Jacquard
import JacquardArrays
import Testing

@Suite struct FeedErrorTests {
  let graph = Graph()

  @Test func aMissingFeedNamesThePlaceholder() throws {
    let x = graph.placeholder(.float32, [nil, 3], name: "images")
    let error = sessionError { try Session(graph).run(x * 2) }
    guard case .missingFeed(let name, let type, let location?) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(name == "images")
    #expect(type == TensorType(.float32, [nil, 3]))
    #expect(location.contains("FeedErrorTests.swift:"))
    #expect("\(error!)".contains("'images' of type float32[?, 3] was not fed"))
  }

  @Test func nothingIsCastSilently() throws {
    let x = graph.placeholder(.float32, [nil], name: "x")
    let n = graph.placeholder(.int32, [], name: "n")
    let session = Session(graph)
    let error = sessionError { try session.run(x, feeding: [x: NDArray([1, 2])]) }
    #expect(error == .feedDType(tensor: "x", declared: .float32, fed: .int32))
    #expect("\(error!)".contains("converted(to: .float32)"))
    #expect(
      sessionError { try session.run(n, feeding: [n: 2.5]) }
        == .feedDType(tensor: "n", declared: .int32, fed: .float64))
    #expect(
      sessionError { try session.run(n, feeding: [n: Int64(2)]) }
        == .feedDType(tensor: "n", declared: .int32, fed: .int64))
    #expect(
      sessionError { try session.run(n, feeding: [n: true]) }
        == .feedDType(tensor: "n", declared: .int32, fed: .bool))
    #expect(
      sessionError { try session.run(n, feeding: [n: 1 << 40]) }
        == .feedRange(tensor: "n", declared: .int32, number: "\(1 << 40)"))
  }

  @Test func aShapeThatDoesNotFitNamesBoth() throws {
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    let session = Session(graph)
    let error = sessionError { try session.run(x, feeding: [x: NDArray.zeros(.float32, [2, 4])]) }
    #expect(error == .feedShape(tensor: "x", declared: [nil, 3], fed: [2, 4]))
    #expect("\(error!)".contains("[?, 3]") && "\(error!)".contains("[2, 4]"))
    let rank = sessionError { try session.run(x, feeding: [x: NDArray.zeros(.float32, [3])]) }
    #expect("\(rank!)".contains("rank 2"))
    // A good run before does not hide a bad one after.
    try session.run(x, feeding: [x: NDArray.zeros(.float32, [2, 3])])
    #expect(throws: SessionError.self) {
      try session.run(x, feeding: [x: NDArray.zeros(.float32, [2, 4])])
    }
  }

  @Test func raggedRowsAreAnError() {
    let x = graph.placeholder(.float32, .unknown, name: "x")
    let session = Session(graph)
    let rows: [[Float]] = [[1, 2], [3]]
    #expect(
      sessionError { try session.run(x, feeding: [x: rows]) } == .raggedFeed(tensor: "x"))
    #expect(
      sessionError { try session.run(x, feeding: [x: [[1.0], [2.0, 3.0]]]) }
        == .raggedFeed(tensor: "x"))
  }

  @Test func mispairedStructuresNameBoth() {
    let state = StatePair(
      c: graph.placeholder(.float32, [], name: "c"), h: graph.placeholder(.float32, [], name: "h"))
    let session = Session(graph)
    let error = sessionError { try session.run(state, feeding: [state: NDArray(Float(1))]) }
    #expect("\(error!)".contains("StatePair<Tensor>") && "\(error!)".contains("'c', 'h'"))
    #expect("\(error!)".contains("NDArray"))
    #expect(
      sessionError { try session.run(state.c, feeding: [state.c: StatePair<NDArray>(c: 1, h: 2)]) }
        != nil)
  }

  @Test func aTensorFedTwiceIsAnError() {
    let x = graph.placeholder(.float32, [], name: "x")
    let session = Session(graph)
    #expect(
      sessionError { try session.run(x, feeding: [x: 1, x: 2]) } == .duplicateFeed(tensor: "x"))
    #expect(
      sessionError { try session.run(x, feeding: [x: 1, [x]: [NDArray(Float(1))]]) }
        == .duplicateFeed(tensor: "x"))
  }

  @Test func aTensorIsNoValue() {
    let x = graph.placeholder(.float32, [], name: "x")
    let y = graph.constant(1.0, name: "y")
    let error = sessionError { try Session(graph).run(x, feeding: [x: y]) }
    #expect(error == .symbolicFeed(tensor: "x", value: "y"))
    #expect("\(error!)".contains("fetch it first"))
  }

  @Test func otherGraphsAreForeign() {
    let other = Graph()
    let x = other.placeholder(.float32, [], name: "x")
    let mine = graph.constant(1.0)
    let session = Session(graph)
    #expect(
      sessionError { try session.run(mine, feeding: [x: 1]) }
        == .foreignGraph(name: "x", use: .fed))
    #expect(sessionError { try session.run(x) } == .foreignGraph(name: "x", use: .fetched))
    #expect(
      sessionError { try session.run(other.group([], name: "g")) }
        == .foreignGraph(name: "g", use: .fetched))
  }

  @Test func insideLoopsNothingIsFedOrFetched() {
    var inner: Tensor?
    let start = graph.constant(0)
    let last = graph.whileLoop(start) {
      $0 .< 3
    } do: {
      inner = $0 + 1
      return inner!
    }
    let session = Session(graph)
    let fetched = sessionError { try session.run(inner!) }
    #expect(fetched == .insideRegion(name: inner!.name, use: .fetched))
    #expect("\(fetched!)".contains("stack it as an output"))
    #expect(
      sessionError { try session.run(last, feeding: [inner!: 1]) }
        == .insideRegion(name: inner!.name, use: .fed))
    #expect(
      sessionError { try session.run(inner!.operation!) }
        == .insideRegion(name: inner!.name, use: .fetched))
  }

  @Test func allDiagnosticsOfTheGraphComeFirst() throws {
    let good = graph.constant(1.0)
    let session = Session(graph)
    #expect(try session.run(good).doubleValue == 1)
    let a = graph.placeholder(.float32, [2, 3])
    _ = matmul(a, a)
    _ = a + graph.constant(1)
    do {
      try session.run(good)
      Issue.record("the graph has errors")
    } catch let error as GraphError {
      #expect(error.diagnostics.count == 2)
    }
  }

  @Test func fedShapesThatDoNotFitEachOtherNameTheLine() throws {
    let a = graph.placeholder(.float32, [nil])
    let b = graph.placeholder(.float32, [nil])
    let sum = a + b
    do {
      try Session(graph).run(
        sum, feeding: [a: NDArray.zeros(.float32, [2]), b: NDArray.zeros(.float32, [3])])
      Issue.record("the shapes do not fit")
    } catch let error as GraphError {
      #expect(error.diagnostics.count == 1)
      #expect(error.diagnostics[0].op == "Add")
    }
  }
}
