import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct OptimizerTests {
  @Test("20 steps are TensorFlow's", arguments: Goldens.load("optimizers"))
  func golden(_ golden: GoldenCase) throws {
    let graph = Graph()
    let initial = try golden["initial"]
    let variable = graph.variable(initial, name: "v")
    let gradient = graph.placeholder(try golden.dtype, [3, 2], name: "gradient")
    let (optimizer, slots) = try golden.optimizer
    let step = optimizer.applyGradients([(gradient, variable)])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (gradients, values) = (try golden["gradients"], try golden["values"])
    for index in 0..<Int(try golden.number("steps")) {
      try session.run(step, feeding: [gradient: gradients[index]])
      expectClose(
        try session.value(of: variable), values[index], tolerance: try golden.tolerance,
        "\(golden.name), step \(index)")
    }
    #expect(slots.count == golden.arrays.keys.count { $0.hasPrefix("slot_") })
    for slot in slots {
      try golden.expect(try session.value(named: slot.variable), is: slot.golden)
    }
  }

  @Test("Adam's first step is the formula's")
  func adamByHand() throws {
    let graph = Graph()
    let v = graph.variable(.ones, [], dtype: .float64, name: "v")
    let step = AdamOptimizer(learningRate: 0.1).applyGradients([(graph.scalar(0.1, .float64), v)])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(step)
    let root = (0.001 * 0.01).squareRoot()
    let expected = 1 - 0.1 * 0.001.squareRoot() / 0.1 * (0.1 * 0.1) / (root + 1e-8)
    #expect(abs(try session.value(of: v).doubleValue - expected) < 1e-12)
    #expect(abs(expected - 0.900_000_32) < 1e-8)
  }

  @Test("slots are named as TensorFlow's, and are not trained")
  func slotNames() throws {
    let graph = Graph()
    let w = graph.variableScope("layer") { graph.getVariable("w", [2]) }
    let loss = square(w).sum()
    graph.scope("training") { _ = AdamOptimizer().minimize(loss) }
    try graph.validate()
    #expect(
      graph.variables.map(\.name) == [
        "layer/w", "beta1_power", "beta2_power", "layer/w/Adam", "layer/w/Adam_1",
      ])
    #expect(graph.trainableVariables == [w])
    AdamOptimizer().minimize(loss)
    #expect(
      graph.variables.suffix(4).map(\.name) == [
        "beta1_power_1", "beta2_power_1", "layer/w/Adam_2", "layer/w/Adam_3",
      ])
  }

  @Test("one optimizer keeps one set of slots for several losses")
  func sharedSlots() throws {
    let graph = Graph()
    let w = graph.variable(.ones, [2], name: "w")
    let adam = AdamOptimizer()
    adam.minimize(square(w).sum())
    adam.minimize(exp(w).sum())
    try graph.validate()
    #expect(graph.variables.count == 5)
  }

  @Test("all gradients and values are of the start of the run")
  func startOfRun() throws {
    let graph = Graph()
    let a = graph.variable(NDArray(2.0), name: "a")
    let b = graph.variable(NDArray(3.0), name: "b")
    let loss = a * b
    let step = GradientDescentOptimizer(learningRate: 0.5).minimize(loss)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (before, _) = try session.run(loss, step)
    #expect(before.doubleValue == 6)
    #expect(try session.value(of: a).doubleValue == 0.5)
    #expect(try session.value(of: b).doubleValue == 2)
  }

  @Test("the learning rate may be a fed tensor, and steps are counted")
  func schedule() throws {
    let graph = Graph()
    let v = graph.variable(NDArray(1.0), name: "v")
    let rate = graph.placeholder(.float32, [], name: "rate")
    let step = GradientDescentOptimizer(learningRate: rate)
      .minimize(v * 1, globalStep: graph.globalStep)
    #expect(graph.globalStep == graph.scope("other") { graph.globalStep })
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for _ in 0..<2 { try session.run(step, feeding: [rate: 0.25]) }
    #expect(try session.value(of: v).doubleValue == 0.5)
    #expect(try session.value(named: "global_step") == NDArray(Int64(2)))
  }

  @Test("variables without a gradient stay as they are")
  func disconnected() throws {
    let graph = Graph()
    let used = graph.variable(NDArray(1.0), name: "used")
    let unused = graph.variable(NDArray(1.0), name: "unused")
    let step = AdamOptimizer(learningRate: 0.1).minimize(square(used))
    try graph.validate()
    #expect(graph.tensor(named: "unused/Adam") == nil)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(step)
    #expect(try session.value(of: used).doubleValue < 1)
    #expect(try session.value(of: unused).doubleValue == 1)
  }

  @Test("only the variables asked for are trained")
  func chosenVariables() throws {
    let graph = Graph()
    let a = graph.variable(NDArray(1.0), name: "a")
    let b = graph.variable(NDArray(1.0), name: "b")
    let step = GradientDescentOptimizer(learningRate: 0.5).minimize(a * b, variables: [b])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(step)
    #expect(try session.value(of: a).doubleValue == 1)
    #expect(try session.value(of: b).doubleValue == 0.5)
  }

  @Test("gradients may be changed on the way")
  func clipped() throws {
    let graph = Graph()
    let v = graph.variable(NDArray([3.0, 0.25]), name: "v")
    let optimizer = GradientDescentOptimizer(learningRate: 1)
    let gradients = optimizer.computeGradients(of: square(v).sum())
    let step = optimizer.applyGradients(
      gradients.map { (minimum($0.gradient!, 1), $0.variable) })
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(step)
    #expect(try session.value(of: v).doubles() == [2, -0.25])
  }

  @Test("least squares converges to the solution")
  func convergence() throws {
    // y = 2x − 1 exactly, so the minimum is 0.
    let xs = noise([8, 1], seed: 2)
    let ys = NDArray(xs.doubles().map { 2 * $0 - 1 }, shape: [8, 1])
    for optimizer in [
      GradientDescentOptimizer(learningRate: 0.5), AdamOptimizer(learningRate: 0.05),
    ] as [any Optimizer] {
      let graph = Graph()
      let w = graph.variable(.zeros, [1, 1], dtype: .float64, name: "w")
      let b = graph.variable(.zeros, [1], dtype: .float64, name: "b")
      let loss = square(matmul(graph.constant(xs), w) + b - graph.constant(ys)).mean()
      let step = optimizer.minimize(loss)
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      let start = try session.run(loss).doubleValue
      for _ in 0..<600 { try session.run(step) }
      #expect(try session.run(loss).doubleValue < 1e-6 * start, "\(optimizer.name)")
      #expect(abs(try session.value(of: w).doubleValue - 2) < 1e-2, "\(optimizer.name)")
      #expect(abs(try session.value(of: b).doubleValue + 1) < 1e-2, "\(optimizer.name)")
    }
  }
}

@Suite struct OptimizerDiagnosticsTests {
  static let misuses = [
    Misuse("nothing depends on a variable", says: ["No gradients for any variable", "'v'", "'w'"]) {
      _ = $0.variable(.zeros, [2], name: "v")
      _ = $0.variable(.zeros, [2], name: "w")
      AdamOptimizer().minimize($0.placeholder(.float32, [2]).sum())
    },
    Misuse("an integer loss", says: ["int32, which has no gradient"]) {
      _ = $0.variable(.zeros, [2], name: "v")
      AdamOptimizer().minimize($0.placeholder(.int32, [2]))
    },
    Misuse("no variables", says: ["No gradients for any variable", "no variables to train"]) {
      AdamOptimizer().minimize($0.placeholder(.float32, [2]).sum())
    },
    Misuse("not a variable", says: ["'x' is not a variable"]) {
      let x = $0.placeholder(.float32, [2], name: "x")
      GradientDescentOptimizer(learningRate: 1).minimize(x.sum(), variables: [x])
    },
    Misuse("a gradient of another shape", says: ["float32[3]", "float32[2]", "'v'"]) {
      let v = $0.variable(.zeros, [2], name: "v")
      AdamOptimizer().applyGradients([($0.placeholder(.float32, [3]), v)])
    },
    Misuse("a learning rate for each element", says: ["float32[2]", "scalar"]) {
      let v = $0.variable(.zeros, [2], name: "v")
      let rate = $0.placeholder(.float32, [2])
      GradientDescentOptimizer(learningRate: rate).minimize(v.sum())
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "OptimizerTests.swift") }

  @Test("applying nothing does not stop the process; running it throws")
  func nothing() {
    let graph = Graph()
    let step = AdamOptimizer().applyGradients([])
    #expect(throws: (any Error).self) { try Session(graph).run(step) }
    #expect(throws: GraphError.self) { try step.graph.validate() }
  }
}
