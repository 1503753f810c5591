import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct OptimizerAveragingTests {
  @Test("means follow the values after each step", arguments: [false, true])
  func formula(_ countsSteps: Bool) throws {
    let graph = Graph()
    let start = noise([3], seed: 4)
    let v = graph.variable(start, name: "v")
    let gradient = graph.placeholder(.float64, [3])
    let averages = ExponentialMovingAverage(
      decay: 0.3, steps: countsSteps ? graph.globalStep : nil)
    let step = GradientDescentOptimizer(learningRate: 1)
      .applyGradients([(gradient, v)], globalStep: graph.globalStep)
    let train = graph.controlDependencies([step]) { averages.apply(to: [v]) }
    let average = averages.average(of: v)
    try graph.validate()
    #expect(average.name == "v/ExponentialMovingAverage")
    #expect(graph.trainableVariables == [v])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    #expect(try session.value(of: average) == start)
    var (values, means) = (start.doubles(), start.doubles())
    for t in 0..<6 {
      let fed = noise([3], seed: 20 + t)
      try session.run(train, feeding: [gradient: fed])
      // 1/10, 2/11, 3/12 and 4/13 are below three tenths or just above.
      let decay = countsSteps ? Swift.min(0.3, Double(1 + t) / Double(10 + t)) : 0.3
      for index in 0..<3 {
        values[index] -= fed.doubles()[index]
        means[index] = decay * means[index] + (1 - decay) * values[index]
      }
      expectClose(
        try session.value(of: average), NDArray(means), tolerance: 1e-13, "step \(t)")
    }
  }

  @Test("without control dependencies means follow the values at the start of the run")
  func startOfRun() throws {
    let graph = Graph()
    let v = graph.variable(NDArray(8.0), name: "v")
    let averages = ExponentialMovingAverage(decay: 0.5)
    let update = averages.apply(to: [v])
    let step = v.assign(graph.scalar(0, .float32))
    let both = graph.group([update, step])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(both)
    #expect(try session.value(of: averages.average(of: v)).doubleValue == 8)
    try session.run(both)
    #expect(try session.value(of: averages.average(of: v)).doubleValue == 4)
  }

  @Test("random initial values are shared, whatever names are taken")
  func initialValue() throws {
    let graph = Graph()
    let other = graph.variable(NDArray([1.0, 2]), name: "other")
    graph.scope("layer") { _ = graph.scope("w") { other.assign(other * 2) } }
    let w = graph.variableScope("layer") { graph.getVariable("w", [2]) }
    let average = ExponentialMovingAverage(decay: 0.9).average(of: w)
    try graph.validate()
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let drawn = try session.value(of: w)
    #expect(drawn.doubles().allSatisfy { $0 != 0 })
    #expect(try session.value(of: average) == drawn)
  }

  @Test("a float32 variable, with one mean for several updates")
  func sharedMean() throws {
    let graph = Graph()
    let v = graph.variable(.ones, [2], name: "v")
    let averages = ExponentialMovingAverage(decay: 0.5, steps: graph.globalStep)
    averages.apply(to: [v])
    averages.apply(to: [v])
    try graph.validate()
    #expect(
      graph.variables.map(\.name) == ["v", "global_step", "v/ExponentialMovingAverage"])
  }

  static let misuses = [
    Misuse("not a variable", says: ["'x'", "not a floating-point variable"]) {
      let x = $0.placeholder(.float32, [2], name: "x")
      ExponentialMovingAverage(decay: 0.9).apply(to: [x])
    },
    Misuse("whole numbers", says: ["'global_step'", "int64[]"]) {
      _ = ExponentialMovingAverage(decay: 0.9).average(of: $0.globalStep)
    },
    Misuse("steps for each element", says: ["float32[2]", "scalar"]) {
      let v = $0.variable(.ones, [2], name: "v")
      let w = $0.variable(.ones, [2], name: "w")
      ExponentialMovingAverage(decay: 0.9, steps: v).apply(to: [v, w])
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "OptimizerAveragingTests.swift") }

  @Test("averaging nothing does not stop the process; running it throws")
  func nothing() {
    let update = ExponentialMovingAverage(decay: 0.9).apply(to: [])
    #expect(throws: GraphError.self) { try update.graph.validate() }
  }
}
