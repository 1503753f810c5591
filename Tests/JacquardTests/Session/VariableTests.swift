import Jacquard
import JacquardArrays
import Testing

@Suite struct VariableTests {
  let graph = Graph(seed: 7)

  @Test func fetchesSeeVariablesAsOfTheStart() throws {
    let v = graph.variable([1.0], name: "v")
    let step = v.assignAdd(graph.constant([1.0]))
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (before, _) = try session.run(v, step)
    #expect(before.elements(as: Float.self) == [1])
    let (_, after) = try session.run(v, step.result)
    #expect(after.elements(as: Float.self) == [3])
  }

  @Test func assignsApplyInProgramOrder() throws {
    let v = graph.variable([1.0], name: "v")
    let operations = [
      v.assignAdd(graph.constant([4.0])), v.assign(v * 10), v.assignSubtract(graph.constant([3.0])),
    ]
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run([operations[2], operations[0], operations[1]])
    #expect(try session.value(of: v).elements(as: Float.self) == [7])
  }

  @Test func controlDependenciesReadTheAssignedValue() throws {
    let v = graph.variable([1.0], name: "v")
    let step = v.assignAdd(graph.constant([1.0]))
    let (inside, outside) = graph.controlDependencies([step]) { (v.read(), v * 1) }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b, c) = try session.run(inside, outside, v)
    #expect(a.elements(as: Float.self) == [2])
    #expect(b.elements(as: Float.self) == [1])
    #expect(c.elements(as: Float.self) == [1])
  }

  @Test func numbersCanBeAssigned() throws {
    let v = graph.variable(NDArray([1, 2] as [Float]), name: "v")
    let count = graph.variable(NDArray(Int64(5)), name: "count")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(v.assignAdd(0.5), count.assignSubtract(2))
    #expect(try session.value(of: v).elements(as: Float.self) == [1.5, 2.5])
    #expect(try session.value(of: count) == NDArray(Int64(3)))
    try session.run(v.assign(0), count.assignAdd(1))
    #expect(try session.value(of: v).elements(as: Float.self) == [0, 0])
    #expect(try session.value(of: count) == NDArray(Int64(4)))
  }

  @Test func theInitialValueIsWhatTheInitializerAssigns() throws {
    let v = graph.variable(.normal(), [3], name: "v")
    let twin = graph.variable(.constant(2), [3], name: "twin")
    let initial = try #require(v.initialValue)
    let session = Session(graph)
    let (drawn, _) = try session.run(initial, graph.variablesInitializer)
    #expect(try session.value(of: v) == drawn)
    #expect(try session.run(twin.initialValue!).doubles() == [2, 2, 2])
    #expect(initial.initialValue == nil)
  }

  @Test func variablesCanBeSwapped() throws {
    let a = graph.variable([1.0], name: "a")
    let b = graph.variable([2.0], name: "b")
    let swap = [a.assign(b), b.assign(a)]
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for _ in 0..<3 { try session.run(swap) }
    #expect(try session.value(of: a).elements(as: Float.self) == [2])
    #expect(try session.value(of: b).elements(as: Float.self) == [1])
  }

  @Test func aRunThatFailsCommitsNothing() throws {
    let x = graph.placeholder(.float32, [], name: "x")
    let a = graph.variable([1.0, 1.0], name: "a")
    let b = graph.variable([2.0], name: "b")
    let noise = graph.randomUniform([2], from: 0, to: 1, name: "noise")
    let checked = checkNumerics(x, "x must be finite", name: "check")
    let steps = [a.assign(noise), b.assignAdd(checked.reshaped(to: [1]))]
    let guarded = assert(x .< 100, "x is small", name: "small")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for (bad, name, word) in [
      (Float.nan, "check", "x must be finite"), (.infinity, "check", "NaN or an infinity"),
      (1000, "small", "x is small"),
    ] {
      let error = sessionError { try session.run(steps, guarded, feeding: [x: bad]) }
      guard case .runFailure(let operation, _, let location, let message) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(operation == name)
      #expect(message.contains(word))
      #expect(location?.contains("VariableTests.swift:") == true)
      #expect(try session.value(of: a).elements(as: Float.self) == [1, 1])
      #expect(try session.value(of: b).elements(as: Float.self) == [2])
    }
    // The failed runs have not drawn either.
    try session.run(steps, guarded, feeding: [x: 3])
    let fresh = Session(graph)
    try fresh.run(graph.variablesInitializer)
    try fresh.run(steps, guarded, feeding: [x: 3])
    #expect(try session.value(of: a) == fresh.value(of: a))
    #expect(try session.value(of: b).elements(as: Float.self) == [5])
  }

  @Test func everyUninitializedVariableIsNamed() throws {
    let a = graph.variable([1.0], name: "a")
    let b = graph.variable([1.0], name: "b")
    let c = graph.variable([1.0], name: "c")
    let session = Session(graph)
    let sum = a + b + c
    try session.run(graph.initializer(of: [b]))
    let error = sessionError { try session.run(sum) }
    #expect(error == .uninitializedVariables(names: ["a", "c"]))
    #expect("\(error!)".contains("variablesInitializer"))
    #expect(try session.isInitialized(b) && !session.isInitialized(a))
    #expect(sessionError { _ = try session.value(of: a) } == .uninitializedVariables(names: ["a"]))
  }

  @Test func theHostAssignsAndReads() throws {
    let v = graph.variable(.zeros, [2, 2], name: "scope/v")
    let session = Session(graph)
    let array: NDArray = [[1.0, 2.0], [3.0, 4.0]]
    try session.assign(v, array)
    #expect(try session.value(named: "scope/v") == array)
    let rows = NDArray.arange(12, .float32).reshaped(to: [3, 2, 2])
    try session.assign(named: "scope/v", rows[1])
    #expect(try session.run(v) == rows[1])
    #expect(session.variableNames == ["scope/v"])
    #expect(
      sessionError { try session.assign(v, [1.0]) }
        == .variableType(
          name: "scope/v", declared: TensorType(.float32, [2, 2]), given: TensorType(.float32, [1])
        ))
    #expect(
      sessionError { try session.assign(v, NDArray.zeros(.float64, [2, 2])) }
        == .variableType(
          name: "scope/v", declared: TensorType(.float32, [2, 2]),
          given: TensorType(.float64, [2, 2])))
    #expect(
      sessionError { _ = try session.value(named: "w") } == .unknownVariable(name: "w"))
    let doubled = v * 2
    #expect(
      sessionError { _ = try session.value(of: doubled) } == .notAVariable(name: doubled.name))
    #expect(
      sessionError { _ = try session.value(of: Graph().variable(.zeros, [1], name: "o")) }
        == .foreignGraph(name: "o", use: .fetched))
  }

  @Test func hostArraysStayTheirOwn() throws {
    let v = graph.variable(.zeros, [2], name: "v")
    let step = v.assignAdd(graph.constant([1.0, 1.0]))
    let session = Session(graph)
    var array: NDArray = [1.0, 2.0]
    try session.assign(v, array)
    array[0] = 50
    #expect(try session.value(of: v).elements(as: Float.self) == [1, 2])
    for _ in 0..<4 { try session.run(step) }
    #expect(array.elements(as: Float.self) == [50, 2])
    #expect(try session.value(of: v).elements(as: Float.self) == [5, 6])
  }

  @Test func sessionsOnOneGraphShareNothingElse() throws {
    let v = graph.variable([1.0], name: "v")
    let step = v.assignAdd(graph.constant([1.0]))
    let (one, two) = (Session(graph), Session(graph))
    try one.run(graph.variablesInitializer)
    try one.run(step)
    #expect(try one.value(of: v).doubleValue == 2)
    #expect(try !two.isInitialized(v))
  }

  @Test func drawsAdvanceWithEachRunAndAreSaved() throws {
    let noise = graph.randomNormal([4], name: "noise")
    let session = Session(graph)
    let first = try session.run(noise)
    let state = session.state
    let second = try session.run(noise)
    #expect(first != second)
    try session.restore(state)
    #expect(try session.run(noise) == second)
    #expect(try Session(graph).run(noise) == first)
  }

  @Test func stateIsRestoredAllAtOnce() throws {
    let a = graph.variable([1.0], name: "a")
    let b = graph.variable([2.0], name: "b")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    var state = session.state
    #expect(state.variables.map(\.name) == ["a", "b"])
    state.variables[0].value = [10.0]
    state.variables[1].value = [1.0, 2.0]
    #expect(throws: SessionError.self) { try session.restore(state) }
    #expect(try session.value(of: a).doubleValue == 1)
    state.variables[1].value = [20.0]
    try session.restore(state)
    #expect(try session.value(of: b).doubleValue == 20)
  }

  @Test func aGraphMayGrowBetweenRuns() throws {
    let a = graph.variable([1.0], name: "a")
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    #expect(try session.run(a).doubleValue == 1)
    let b = graph.variable([5.0], name: "b")
    try session.run(graph.initializer(of: [b]))
    #expect(try session.run(a + b).doubleValue == 6)
    #expect(session.variableNames == ["a", "b"])
  }
}
