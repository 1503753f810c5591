import Jacquard
import JacquardArrays
import Testing

@Suite struct FeedTests {
  @Test func numbersTakeTheElementTypeOfTheTensor() throws {
    for dtype in DType.allCases where dtype.isNumeric {
      let graph = Graph()
      let x = graph.placeholder(dtype, [], name: "x")
      let session = Session(graph)
      let fetched = try session.run(x, feeding: [x: 3])
      #expect(fetched.dtype == dtype && fetched.intValue == 3)
      #expect(try session.run(x, feeding: Feeds().feed(x, 3)) == fetched)
      if dtype.isFloatingPoint {
        #expect(try session.run(x, feeding: [x: 2.5]).doubleValue == 2.5)
        #expect(try session.run(x, feeding: Feeds().feed(x, 2.5)).doubleValue == 2.5)
      }
    }
    let graph = Graph()
    let flag = graph.placeholder(.bool, [])
    #expect(try Session(graph).run(flag, feeding: [flag: true]).scalar(as: Bool.self))
    #expect(try Session(graph).run(flag, feeding: Feeds().feed(flag, true)).scalar(as: Bool.self))
  }

  @Test func swiftArraysOfNumbersAreArrays() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, .unknown, name: "x")
    let session = Session(graph)
    let floats: [Float] = [1, 2]
    #expect(try session.run(x, feeding: [x: floats]) == NDArray(floats))
    #expect(try session.run(x, feeding: [x: [floats, floats]]).shape == [2, 2])
    #expect(try session.run(x, feeding: [x: [[1, 2, 3], [4, 5, 6]]]).shape == [2, 3])
    #expect(try session.run(x, feeding: [x: [[[0.5], [1.5]]]]).doubles() == [0.5, 1.5])
    #expect(try session.run(x, feeding: [x: [Float]()]).shape == [0])
  }

  @Test func structuresAreFedAsOne() throws {
    let graph = Graph()
    let state = StatePair(
      c: graph.placeholder(.float32, [2], name: "c"), h: graph.placeholder(.float32, [2], name: "h")
    )
    let next = StatePair(c: state.c + state.h, h: state.c)
    let session = Session(graph)
    var value = StatePair<NDArray>(c: [1.0, 1.0], h: [0.0, 1.0])
    for _ in 0..<4 { value = try session.run(next, feeding: [state: value]) }
    #expect(value.c.elements(as: Float.self) == [5, 8])
    let checked = try session.run(next, feeding: Feeds().feed(state, value))
    #expect(checked.c.elements(as: Float.self) == [8, 13])
    let list = try session.run(
      [state.c, state.h], feeding: [[state.c, state.h]: [value.c, value.h]])
    #expect(list == [value.c, value.h])
    let nested = try session.run(
      state.c, feeding: [[state]: [StatePair<NDArray>(c: value.h, h: value.c)]])
    #expect(nested == value.h)
  }

  @Test func anyTensorCanBeFed() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil], name: "x")
    let doubled = x * 2
    let constant = graph.constant([10.0])
    let v = graph.variable([0.5], name: "v")
    let y = doubled + constant + v
    let session = Session(graph)
    // Neither x nor v is needed.
    let fed = try session.run(y, feeding: [doubled: [1.0], constant: [2.0], v: [3.0]])
    #expect(fed.elements(as: Float.self) == [6])
    #expect(throws: SessionError.uninitializedVariables(names: ["v"])) {
      try session.run(y, feeding: [doubled: [1.0]])
    }
    try session.run(graph.variablesInitializer)
    #expect(try session.run(y, feeding: [x: [1.0]]).doubles() == [12.5])
    #expect(try session.value(of: v).elements(as: Float.self) == [0.5])
  }

  @Test func feedsAreNotCopiedAndNotChanged() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil])
    let session = Session(graph)
    let whole = NDArray.arange(8, .float32).reshaped(to: [2, 4])
    let row = whole[1]
    let squares = try session.run(x * x, feeding: [x: row])
    #expect(squares.elements(as: Float.self) == [16, 25, 36, 49])
    #expect(whole == NDArray.arange(8, .float32).reshaped(to: [2, 4]))
  }

  @Test func placeholdersWithDefaultsMayBeFed() throws {
    let graph = Graph()
    let rate = graph.placeholder(withDefault: graph.constant(0.5), name: "rate")
    let session = Session(graph)
    let doubled = rate * 2
    #expect(try session.run(doubled).doubleValue == 1)
    #expect(try session.run(doubled, feeding: [rate: 2]).doubleValue == 4)
  }
}
