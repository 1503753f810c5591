import ArgumentParser
import Jacquard
import JacquardArrays
import JacquardNN

/// A training step of a network of two dense layers.
struct MLPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mlp", abstract: "A training step of two dense layers.")

  @Option var batch = 128
  @Option var inputs = 784
  @Option var units = 625
  @OptionGroup var options: RunOptions

  func validate() throws {
    guard batch >= 1 && inputs >= 1 && units >= 1 else {
      throw ValidationError("--batch, --inputs and --units must be 1 or more.")
    }
  }

  func run() throws {
    let sizes: [String: OptionValue] = [
      "batch": .number(batch), "inputs": .number(inputs), "units": .number(units),
    ]
    try Report("mlp", sizes, options, workload).print()
  }

  private func workload() -> Workload {
    let classes = RecurrentNetwork.classes
    let graph = Graph(seed: 1)
    let x = graph.placeholder(.float32, [nil, inputs], name: "x")
    let y = graph.placeholder(.float32, [nil, classes], name: "y")
    let hidden = relu(
      matmul(x, graph.variable(.truncatedNormal(), [inputs, units]))
        + graph.variable(.constant(0.1), [units]))
    let prediction =
      matmul(hidden, graph.variable(.truncatedNormal(), [units, classes]))
      + graph.variable(.constant(0.1), [classes])
    let cost = softmaxCrossEntropy(logits: prediction, labels: y).mean()
    return Workload(
      graph: graph,
      feeds: [
        (x, FixedNumbers.inputs([batch, inputs], .float32)),
        (y, FixedNumbers.labels(batch, classes: classes, .float32)),
      ], result: cost, targets: [AdamOptimizer(learningRate: 0.001).minimize(cost)],
      isTraining: true)
  }
}

/// The cost of a run that computes next to nothing.
struct SessionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "session", abstract: "A callable that adds two fed scalars.")

  @OptionGroup var options: RunOptions

  func run() throws {
    var report = Report("session", [:], options)
    let graph = Graph()
    let a = graph.placeholder(.float32, [], name: "a")
    let b = graph.placeholder(.float32, [], name: "b")
    let callable = try Session(graph, options: options.session).makeCallable(
      a + b, feeding: [a, b])
    let values = [NDArray(Float(1)), NDArray(Float(2))]
    var outputs: [NDArray] = []
    report.firstRunMilliseconds = try timed {
      try callable.run(feeding: values, into: &outputs)
    }.milliseconds
    report.check = outputs[0].doubles()
    report.timings = try Timings(options, group: 1000) {
      try callable.run(feeding: values, into: &outputs)
    }
    report.allocationsPerRun = try countAllocations {
      try callable.run(feeding: values, into: &outputs)
    }
    report.peakResidentBytes = ProcessMemory.peakResidentBytes
    try report.print()
  }
}

/// The cost of an iteration that computes next to nothing.
struct WhileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "while", abstract: "One iteration of a loop that adds to a scalar.")

  @Option(help: "The iterations of each run.") var iterations = 10_000
  @OptionGroup var options: RunOptions

  func validate() throws {
    guard iterations >= 1 else {
      throw ValidationError("--iterations is \(iterations); give 1 or more.")
    }
  }

  func run() throws {
    var report = Report("while", ["iterations": .number(iterations)], options)
    let graph = Graph()
    // Fed, so that the number of iterations is not known when the loop is compiled.
    let limit = graph.placeholder(.float32, [], name: "limit")
    let start = graph.placeholder(.float32, [], name: "start")
    let end = graph.whileLoop(start) {
      $0 .< limit
    } do: {
      $0 + 1
    }
    let callable = try Session(graph, options: options.session)
      .makeCallable(end, feeding: [start, limit])
    let values = [NDArray(Float(0)), NDArray(Float(iterations))]
    var outputs: [NDArray] = []
    report.firstRunMilliseconds = try timed {
      try callable.run(feeding: values, into: &outputs)
    }.milliseconds
    report.check = outputs[0].doubles()
    report.timings = try Timings(options, parts: iterations) {
      try callable.run(feeding: values, into: &outputs)
    }
    report.allocationsPerRun = try countAllocations {
      try callable.run(feeding: values, into: &outputs)
    }
    try report.measureMemory()
    try report.print()
  }
}
