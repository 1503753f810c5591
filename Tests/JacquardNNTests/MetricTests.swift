import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Metrics")
struct MetricTests {
  typealias Metric = @Sendable (GoldenCase, Tensor, Tensor, Tensor?) throws -> StreamingMetric

  static let metrics: [String: Metric] = [
    "mean": { _, x, _, w in Metrics.mean(x, weights: w) },
    "accuracy": { _, x, l, w in Metrics.accuracy(predictions: x, labels: l, weights: w) },
    "meanSquaredError": { _, x, l, w in
      Metrics.meanSquaredError(predictions: x, labels: l, weights: w)
    },
    "precision": { _, x, l, w in Metrics.precision(predictions: x, labels: l, weights: w) },
    "recall": { _, x, l, w in Metrics.recall(predictions: x, labels: l, weights: w) },
    "areaUnderCurve": { golden, x, l, w in
      Metrics.areaUnderCurve(
        predictions: x, labels: l, thresholds: Int(try golden.number("thresholds")), weights: w)
    },
    "topKAccuracy": { golden, x, l, w in
      Metrics.topKAccuracy(predictions: x, labels: l, k: Int(try golden.number("k")), weights: w)
    },
  ]

  static let cases = Goldens.load("metrics")

  @Test("every metric has goldens")
  func coverage() throws {
    #expect(Set(try Self.cases.map { try $0.text("metric") }) == Set(Self.metrics.keys))
  }

  /// Before, with and after each of three batches, as TensorFlow computes it; then again after a reset.
  @Test("over batches, as TensorFlow", arguments: cases)
  func golden(_ golden: GoldenCase) throws {
    let metric = try #require(Self.metrics[try golden.text("metric")])
    let graph = Graph()
    func input(_ key: String) throws -> Tensor {
      let array = try golden[key]
      return graph.placeholder(
        array.dtype, PartialShape([nil] + array.shape.dropFirst(2).map { $0 }))
    }
    let (x, labels) = (try input("predictions"), try input("labels"))
    let weights = golden.arrays["weights"] == nil ? nil : try input("weights")
    let built = try metric(golden, x, labels, weights)
    try graph.validate()
    #expect(graph.trainableVariables.isEmpty)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for _ in 0..<2 {
      let before: NDArray = try session.run(built.value)
      var (values, updates) = (before.doubles(), [Double]())
      for batch in 0..<3 {
        func slice(_ key: String) throws -> NDArray {
          let all = try golden[key]
          let shape = Array(all.shape.dropFirst())
          let count = shape.reduce(1, *)
          return NDArray(
            Array(all.doubles()[batch * count..<(batch + 1) * count]), shape: shape
          ).converted(to: all.dtype)
        }
        var feeds = Feeds()
        feeds = feeds.feed(x, try slice("predictions")).feed(labels, try slice("labels"))
        if let weights { feeds = feeds.feed(weights, try slice("weights")) }
        let update: NDArray = try session.run(built.update, feeding: feeds)
        let value: NDArray = try session.run(built.value)
        #expect(value == update)
        updates += update.doubles()
        values += value.doubles()
      }
      try golden.expect(NDArray(values).converted(to: .float32), is: "values")
      try golden.expect(NDArray(updates).converted(to: .float32), is: "updates")
      try session.run(built.reset)
    }
  }

  @Test("totals stay exact where float32 would stop counting")
  func manyElements() throws {
    let graph = Graph()
    let x = graph.placeholder(.bool, [nil])
    let metric = Metrics.mean(x)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.assign(metric.variables[0], NDArray(Double(1 << 24)))
    try session.assign(metric.variables[1], NDArray(Double(1 << 25)))
    try session.run(metric.update, feeding: [x: NDArray([true, true, false])])
    let total = try session.value(of: metric.variables[0])
    #expect(total == NDArray(Double(1 << 24) + 2))
  }

  @Test("an update may be waited for")
  func controlDependencies() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil])
    let metric = Metrics.mean(x)
    let after = graph.controlDependencies([metric.update.operation!]) { metric.variables[1].read() }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let count: NDArray = try session.run(after, feeding: [x: NDArray([1, 2, 3] as [Float])])
    #expect(count.doubles() == [3])
  }

  @Test("shares of one batch")
  func plainFunctions() throws {
    let graph = Graph()
    let scores = graph.constant(
      NDArray(
        [0.1, 0.7, 0.2, 0.5, 0.3, 0.2, 0.2, 0.1, 0.7, 0.4, 0.4, 0.2] as [Float], shape: [4, 3]))
    let labels = graph.constant(NDArray([1, 1, 2, 2] as [Int32]))
    let oneHot = labels.oneHot(depth: 3)
    let probabilities = graph.constant(NDArray([0.2, 0.6, 0.5, 0.9] as [Float]))
    let shares = [
      accuracy(predictions: scores.argmax(axis: -1), labels: labels),
      sparseCategoricalAccuracy(predictions: scores, labels: labels),
      sparseCategoricalAccuracy(predictions: scores, labels: labels.expandingDimensions(at: -1)),
      categoricalAccuracy(predictions: scores, labels: oneHot),
      topKAccuracy(predictions: scores, labels: labels, k: 2),
      binaryAccuracy(
        predictions: probabilities, labels: graph.constant(NDArray([0, 1, 1, 1] as [Int32]))),
      binaryAccuracy(
        predictions: probabilities, labels: graph.constant(NDArray([true, true, false, true])),
        threshold: 0.1),
    ]
    try graph.validate()
    let values: [NDArray] = try Session(graph).run(shares)
    #expect(values.map(\.doubleValue) == [0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 0.75])
    #expect(shares.allSatisfy { $0.type == TensorType(.float32, []) })
  }

  static let misuses = [
    Misuse.located("shapes", says: ["Metrics.accuracy", "[?, 3]", "[?, 2]", "one label"]) {
      let x = $0.placeholder(.float32, [nil, 3])
      return line(of: Metrics.accuracy(predictions: x, labels: $0.placeholder(.float32, [nil, 2])))
    },
    Misuse.located("shapes of a plain share", says: ["binaryAccuracy", "[3]", "[2]"]) {
      let x = $0.placeholder(.float32, [3])
      return line(of: binaryAccuracy(predictions: x, labels: $0.placeholder(.float32, [2])))
    },
    Misuse.located("weights", says: ["[5, 1]", "[4, 3]", "rank"]) {
      let x = $0.placeholder(.float32, [4, 3])
      return line(of: Metrics.mean(x, weights: $0.placeholder(.float32, [5])))
    },
    Misuse.located("weights of pairs", says: ["[2, 3]", "[4, 3]", "rank"]) {
      let x = $0.placeholder(.int32, [4, 3])
      let weights = $0.placeholder(.float32, [2, 3])
      return line(of: Metrics.precision(predictions: x, labels: x, weights: weights))
    },
    Misuse.located("thresholds", says: ["1 thresholds", "2 to a million"]) {
      let x = $0.placeholder(.float32, [4])
      return line(of: Metrics.areaUnderCurve(predictions: x, labels: x, thresholds: 1))
    },
    Misuse.located("too many thresholds", says: ["2 to a million"]) {
      let x = $0.placeholder(.float32, [4])
      return line(of: Metrics.areaUnderCurve(predictions: x, labels: x, thresholds: .max))
    },
    Misuse.located("integer scores", says: ["int32[4]", "floating-point probabilities"]) {
      let x = $0.placeholder(.int32, [4])
      return line(of: Metrics.areaUnderCurve(predictions: x, labels: x))
    },
    Misuse.located("targets", says: ["InTopK", "float32", "cast"]) {
      let x = $0.placeholder(.float32, [4, 3])
      return line(of: Metrics.topKAccuracy(predictions: x, labels: $0.placeholder(.float32, [4])))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "MetricTests.swift") }
}
