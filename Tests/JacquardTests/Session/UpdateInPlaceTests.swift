import JacquardArrays
import Testing

@testable import Jacquard

/// New values of variables that are written over the old ones.
@Suite struct UpdateInPlaceTests {
  let graph = Graph(seed: 11)
  let v: Variable
  let x: Tensor

  init() {
    v = graph.variable(.zeros, [3000], name: "v")
    x = graph.placeholder(.float32, [3000], name: "x")
  }

  private func session(inPlace: Bool = true, threads: Int = 2) throws -> Session {
    var options = SessionOptions(threads: threads)
    options.updatesInPlace = inPlace
    let session = Session(graph, options: options)
    try session.run(graph.variablesInitializer)
    return session
  }

  private func full(_ value: Float) -> NDArray { NDArray(repeating: value, shape: [3000]) }

  /// Where the value of a variable lies; whoever asks does not hold it.
  private func address(_ session: Session, _ variable: Int = 0) -> UnsafeMutableRawPointer? {
    session.store.current(variable)?.pointer
  }

  private func variablesInPlace(_ session: Session, _ steps: [Operation]) throws -> [Int] {
    var fetches = FetchList()
    for step in steps { fetches.append(step) }
    let needs = try session.prepare(fetches, ResolvedFeeds([x: full(0)], in: graph)).needs
    return needs.updates.map { needs.commits[$0.commit].variable }
  }

  @Test func `the new value is written over the old one`() throws {
    let step = v.assignAdd(x)
    let session = try session()
    let first = address(session)
    for _ in 0..<4 {
      try session.run(step, feeding: [x: full(2)])
      #expect(address(session) == first)
    }
    #expect(try session.value(of: v) == full(8))
    #expect(try variablesInPlace(session, [step]) == [0])
    #expect(try session.explain(step, feeding: [x: full(2)]).contains("given in place"))
    let swapping = try self.session(inPlace: false)
    #expect(try variablesInPlace(swapping, [step]).isEmpty)
    #expect(try !swapping.explain(step, feeding: [x: full(2)]).contains("in place"))
  }

  @Test func `arrays that are held keep their values`() throws {
    let step = v.assignAdd(x)
    let session = try session()
    var held: [NDArray] = []
    for count in 0..<5 {
      held.append(
        count % 2 == 0 ? try session.value(of: v) : session.state.variables[0].value)
      try session.run(step, feeding: [x: full(1)])
    }
    for (count, array) in held.enumerated() { #expect(array == full(Float(count))) }
    // What was fed shares its memory with nobody who writes, either.
    let given = full(7)
    try session.assign(v, given)
    try session.run(step, feeding: [x: given])
    #expect(given == full(7))
    #expect(try session.value(of: v) == full(14))
  }

  @Test func `what is fetched with the update is the value at the start`() throws {
    let step = v.assignAdd(x)
    let session = try session()
    try session.run(step, feeding: [x: full(3)])
    let shown = v.reshaped(to: [30, 100])
    let (old, view, double, _) = try session.run(v, shown, v * 2, step, feeding: [x: full(1)])
    #expect(old == full(3))
    #expect(view == full(3).reshaped(to: [30, 100]))
    #expect(double == full(6))
    #expect(try session.value(of: v) == full(4))
  }

  @Test func `a check that fails leaves all as it was`() throws {
    let w = graph.variable(.ones, [3000], name: "w")
    let step = [v.assignAdd(x), w.assign(w * 3)]
    let before = checkNumerics(x, "x before")
    let after = checkNumerics(v.assignAdd(x).results[0] * 1, "x after")
    let session = try session()
    try session.run(step, feeding: [x: full(5)])
    var bad = full(1)
    bad.withUnsafeMutableBytes {
      $0.storeBytes(of: Float.nan, toByteOffset: 11_996, as: Float.self)
    }
    for check in [before, after] {
      #expect(throws: SessionError.self) { try session.run(step, check, feeding: [x: bad]) }
      #expect(try session.value(of: v) == full(5))
      #expect(try session.value(of: w) == full(3))
    }
    try session.run(step, before, feeding: [x: full(1)])
    #expect(try session.value(of: v) == full(6))
    #expect(try session.value(of: w) == full(9))
  }

  @Test func `no kernel that may fail follows the updates`() throws {
    let checked = [v.assign(checkNumerics(v + x, "sum"))]
    #expect(try variablesInPlace(session(), checked).isEmpty)
    let update = v.assignAdd(x)
    let late = checkNumerics(x, "stands later")
    let fetched = late.sum()
    var fetches = FetchList()
    fetches.append(update)
    fetches.append(fetched)
    let plan = try session().prepare(fetches, ResolvedFeeds([x: full(0)], in: graph)).plan
    #expect(plan.layout.updates.count == 1)
    #expect(plan.rows.last?.updatesInPlace == true)
    #expect(plan.layout.updateStep == plan.schedule.steps.count - 1)
  }

  @Test func `a value that a later update reads is not overwritten`() throws {
    let w = graph.variable(.ones, [3000], name: "w")
    let exchange = [v.assign(w * 2), w.assign(v * 3 + 1)]
    let (session, swapping) = (try session(), try session(inPlace: false))
    #expect(try variablesInPlace(session, exchange) == [1])
    for _ in 0..<3 {
      try session.run(exchange)
      try swapping.run(exchange)
      for variable in [v, w] {
        #expect(try session.value(of: variable) == swapping.value(of: variable))
      }
    }
  }

  @Test func `moments and the variables they move are written as one kernel goes`() throws {
    let m = graph.variable(.zeros, [3000], name: "m")
    let s = graph.variable(.zeros, [3000], name: "s")
    let newM = m + (x - m) * 0.1
    let newS = s + (square(x) - s) * 0.001
    let steps = [
      m.assign(newM), s.assign(newS), v.assignSubtract(newM * 0.01 / (sqrt(newS) + 1e-8)),
    ]
    #expect(try variablesInPlace(session(), steps) == [0, 1, 2])
    var results: [[NDArray]] = []
    for (inPlace, threads) in [(true, 1), (true, 2), (false, 1)] {
      let session = try session(inPlace: inPlace, threads: threads)
      for seed in 0..<6 {
        var random = TestRandom(seed: UInt64(seed))
        let values = (0..<3000).map { _ in Float.random(in: -1...1, using: &random) }
        try session.run(steps, feeding: [x: NDArray(values, shape: [3000])])
      }
      results.append(try [v, m, s].map { try session.value(of: $0) })
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test func `rows and whole values take turns`() throws {
    let table = graph.variable(.zeros, [6, 2], name: "table")
    let ids = graph.placeholder(.int32, [nil], name: "ids")
    let rows = table.assignAdd(
      graph.constant(NDArray(repeating: Float(1), shape: [1, 2])), at: ids)
    let all = table.assign(table * 2 + 1)
    let (session, swapping) = (try session(), try session(inPlace: false))
    for round in 0..<12 {
      for session in [session, swapping] {
        if round % 3 == 2 {
          try session.run(all)
        } else {
          try session.run(rows, feeding: [ids: NDArray([Int32(round % 6)])])
        }
      }
      #expect(try session.value(of: table) == swapping.value(of: table), "round \(round)")
    }
  }

  @Test func `readers see whole values only`() async throws {
    let w = graph.variable(.zeros, [3000], name: "w")
    let steps = [v.assignAdd(x), w.assign(w + x)]
    let spread = (v - w).max() - (v - w).min() + v.max() - v.min()
    let session = try session()
    let x = x
    let one = full(1)
    let torn = try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        for _ in 0..<400 { try session.run(steps, feeding: [x: one]) }
        return 0
      }
      for _ in 0..<2 {
        group.addTask {
          var torn = 0
          for _ in 0..<200 {
            if try session.run(spread).doubleValue != 0 { torn += 1 }
            let state = session.state.variables
            if state[0].value != state[1].value { torn += 1 }
            let value = try session.value(of: v)
            if value != NDArray.full(value.doubles()[0], dtype: .float32, shape: [3000]) {
              torn += 1
            }
          }
          return torn
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(torn == 0)
    #expect(try session.value(of: v) == full(400))
    #expect(try session.value(of: w) == full(400))
  }
}
