import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// Optimizers on tables of which rows are gathered.
@Suite struct SparseOptimizerTests {
  @Test("5 steps on gathered rows are TensorFlow's", arguments: Goldens.load("sparse_optimizers"))
  func golden(_ golden: GoldenCase) throws {
    let graph = Graph()
    let dtype = try golden.dtype
    let variable = graph.variable(try golden["initial"], name: "v")
    let rows = [graph.placeholder(.int32, [4]), graph.placeholder(.int32, [2])]
    let weights = [graph.placeholder(dtype, [4, 2]), graph.placeholder(dtype, [2, 2])]
    let terms = zip(rows, weights).map { (variable.gathered(at: $0) * $1).sum() }
    let (optimizer, slots) = try golden.optimizer
    let step = optimizer.minimize(terms[0] + terms[1])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let values = try golden["values"]
    for index in 0..<Int(try golden.number("steps")) {
      try session.run(
        step,
        feeding: [
          rows[0]: golden["firstRows"][index], rows[1]: golden["secondRows"][index],
          weights[0]: golden["firstWeights"][index], weights[1]: golden["secondWeights"][index],
        ])
      expectClose(
        try session.value(of: variable), values[index], tolerance: try golden.tolerance,
        "\(golden.name), step \(index)")
    }
    #expect(slots.count == golden.arrays.keys.count { $0.hasPrefix("slot_") })
    for slot in slots {
      try golden.expect(try session.value(named: slot.variable), is: slot.golden)
    }
  }

  /// A table of 1000 rows, of which four are gathered, and the gradient of a loss.
  private struct Table {
    let graph = Graph(seed: 4)
    let table: Variable
    let ids: Tensor
    let loss: Tensor

    init() {
      table = graph.variable(.uniform(), [1000, 8], dtype: .float64, name: "table")
      ids = graph.placeholder(.int64, [2, nil], name: "ids")
      loss = square(table.gathered(at: ids)).sum()
    }

    let someIDs = NDArray([7, 999, 7, 0] as [Int64], shape: [2, 2])

    /// A session whose variables have their initial values.
    func session() throws -> Session {
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      return session
    }
  }

  private static let sparse: [any Optimizer] = [
    GradientDescentOptimizer(learningRate: 0.1),
    MomentumOptimizer(learningRate: 0.1, momentum: 0.9, useNesterov: true),
    AdagradOptimizer(learningRate: 0.1), AdadeltaOptimizer(learningRate: 1),
    RMSPropOptimizer(learningRate: 0.1, momentum: 0.5, centered: true),
    FtrlOptimizer(learningRate: 0.1), AdaMaxOptimizer(learningRate: 0.1),
  ]

  @Test("a sparse step computes nothing of the table's size but the new values", arguments: 0..<7)
  func plan(_ index: Int) throws {
    let table = Table()
    let step = Self.sparse[index].minimize(table.loss)
    let session = try table.session()
    let plan = try session.explain(step, feeding: [table.ids: table.someIDs])
    let large = plan.split(separator: "\n").filter { $0.contains("→ float64[1000, 8]") }
    let tables = table.graph.variables.count { $0.shape == [1000, 8] }
    #expect(large.count == tables, "\(plan)")
    #expect(large.allSatisfy { $0.contains("/Assign") && $0.contains("[4, 8] [4] [1000, 8] →") })
  }

  @Test("rows without a gradient stay as they are, in the slots too", arguments: 0..<7)
  func untouched(_ index: Int) throws {
    let table = Table()
    let step = Self.sparse[index].minimize(table.loss)
    let session = try table.session()
    let tables = table.graph.variables.filter { $0.shape == [1000, 8] }
    let before = try tables.map { try session.value(of: $0) }
    for _ in 0..<3 { try session.run(step, feeding: [table.ids: table.someIDs]) }
    for (variable, old) in zip(tables, before) {
      let new = try session.value(of: variable)
      for row in 0..<1000 {
        #expect((new[row] == old[row]) == ![0, 7, 999].contains(row), "\(variable.name), \(row)")
      }
    }
  }

  @Test(
    "a step by rows is the step by the whole gradient where all rows have one", arguments: 0..<7)
  func likeDense(_ index: Int) throws {
    func trained(sparse: Bool) throws -> NDArray {
      let graph = Graph()
      let v = graph.variable(noise([3, 2], seed: 3), name: "v")
      let ids = graph.constant([2, 0, 1, 2, 2])
      let rows = v.gathered(at: ids)
      let loss = (square(rows) * graph.constant(noise([5, 2], seed: 4))).sum()
      let optimizer = Self.sparse[index]
      let gradients = optimizer.computeGradients(of: loss)
      #expect(gradients[0].gradient?.indexedSlices != nil)
      let step = optimizer.applyGradients(
        gradients.map { (sparse ? $0.gradient : $0.gradient! * 1, $0.variable) })
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      for _ in 0..<4 { try session.run(step) }
      return try session.value(of: v)
    }
    expectClose(try trained(sparse: true), try trained(sparse: false), tolerance: 1e-14)
  }

  @Test("AdaMax by rows is its formula, with the power of the step")
  func adaMax() throws {
    let graph = Graph()
    let v = graph.variable(NDArray([1, 1] as [Double]), name: "v")
    let id = graph.placeholder(.int32, [2])
    let optimizer = AdaMaxOptimizer(learningRate: 0.1, beta1: 0.7, beta2: 0.9, epsilon: 0.01)
    let step = optimizer.minimize((v.gathered(at: id) * 0.25).sum())
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    // Row 0 twice in the first step, row 1 in the second, row 0 in the third.
    for ids in [[0, 0], [1, 1], [0, 0]] { try session.run(step, feeding: [id: ids]) }
    var (value, m, largest) = (1.0, 0.0, 0.0)
    for power in [0.7, 0.7 * 0.7 * 0.7] {
      m = 0.7 * m + 0.3 * 0.5
      largest = max(0.9 * largest, 0.5)
      value -= 0.1 / (1 - power) * m / (largest + 0.01)
    }
    #expect(abs(try session.value(of: v).doubles()[0] - value) < 1e-14)
  }

  @Test("clipping keeps gradients sparse, and takes the norm of the whole gradient")
  func clipping() throws {
    let table = Table()
    let other = table.graph.variable(NDArray([3, -4] as [Double]), name: "other")
    let gradients = table.graph.gradients(
      of: [table.loss, square(other).sum()], withRespectTo: [table.table, other])
    let dense = gradients.map { $0.map { $0 * 1 } }
    #expect(dense[0]?.indexedSlices == nil)
    let session = try table.session()
    for norm in [0.5, 1000.0] {
      let (clipped, found) = clipByGlobalNorm(gradients, norm)
      let (expected, expectedNorm) = clipByGlobalNorm(dense, norm)
      let alone = clipByNorm(gradients, norm)
      let expectedAlone = clipByNorm(dense, norm)
      #expect(clipped[0]?.indexedSlices != nil && alone[0]?.indexedSlices != nil)
      let feeds: Feeds = [table.ids: table.someIDs]
      let results = try session.run(clipped, alone, found, feeding: feeds)
      let wanted = try session.run(expected, expectedAlone, expectedNorm, feeding: feeds)
      expectClose(results.2, wanted.2, tolerance: 1e-14)
      for (a, b) in zip(results.0 + results.1, wanted.0 + wanted.1) {
        expectClose(a!, b!, tolerance: 1e-14)
      }
      let step = GradientDescentOptimizer(learningRate: 1).applyGradients([
        (clipped[0], table.table)
      ])
      let plan = try session.explain(step, feeding: feeds)
      #expect(plan.split(separator: "\n").count { $0.contains("→ float64[1000, 8]") } == 1)
    }
  }

  @Test("rows gathered step by step in a loop train as rows gathered at once")
  func insideLoop() throws {
    func trained(inLoop: Bool) throws -> NDArray {
      let graph = Graph(seed: 2)
      let table = graph.variable(noise([6, 3], seed: 5), name: "table")
      let ids = graph.constant([[1, 4, 1, 0], [2, 1, 1, 1]], dtype: .int32)
      let sum: Tensor
      if inLoop {
        let start = zeros(rowsOf: ids, trailing: [3], dtype: .float64)
        sum =
          graph.scan(ids, initial: start, axis: 1) { state, id in
            let next = tanh(state + table.gathered(at: id))
            return (next, next)
          }.state
      } else {
        sum = table.gathered(at: ids).unstacked(count: 4, axis: 1).reduce(
          graph.zeros(.float64, [2, 3])
        ) { tanh($0 + $1) }
      }
      let step = MomentumOptimizer(learningRate: 0.1, momentum: 0.5).minimize(square(sum).sum())
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      // One step: by rows and as a whole, momentum goes on differently.
      try session.run(step)
      return try session.value(of: table)
    }
    expectClose(try trained(inLoop: true), try trained(inLoop: false), tolerance: 1e-14)
  }

  @Test("a penalty on the whole table makes its gradient dense")
  func penalised() throws {
    let table = Table()
    let loss = table.loss + 0.5 * square(table.table).sum()
    let step = GradientDescentOptimizer(learningRate: 0.5).minimize(loss)
    let session = try table.session()
    let before = try session.value(of: table.table).doubles()
    try session.run(step, feeding: [table.ids: table.someIDs])
    let after = try session.value(of: table.table).doubles()
    // Row 7 stands twice: its gradient is 2 · 2 v + v.
    #expect(abs(after[7 * 8] - before[7 * 8] * (1 - 0.5 * 5)) < 1e-15)
    #expect(abs(after[8] - before[8] * 0.5) < 1e-15)
  }
}
