import Foundation
import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Losses and metrics")
struct LossAndMetricTests {
  private func ln(_ x: Double) -> Double { Foundation.log(x) }

  private func value(
    _ loss: Loss, labels: NDArray, output: NDArray, through function: ActivationFunction = .linear
  ) throws -> [Double] {
    let graph = Graph()
    let tensor = function(graph.constant(output))
    let result = loss(labels: graph.constant(labels), output: tensor)
    return try Session(graph).run(result).doubles()
  }

  @Test("a softmax or sigmoid before a cross entropy is seen through, so no logit is too large")
  func stable() throws {
    let logits = NDArray([[1000, 0, -1000]] as [[Double]])
    let second = NDArray([[0, 0, 1]] as [[Double]])
    let dense = try value(
      .categoricalCrossentropy, labels: second, output: logits, through: .softmax)
    #expect(dense == [2000])
    let sparse = try value(
      .sparseCategoricalCrossentropy, labels: NDArray([2] as [Int64]), output: logits,
      through: .softmax)
    #expect(sparse == [2000])
    let binary = try value(
      .binaryCrossentropy, labels: NDArray([[0, 1, 1]] as [[Double]]), output: logits,
      through: .sigmoid)
    let mean = (2000 + ln(2)) / 3
    expectClose(NDArray(binary), NDArray([mean]), tolerance: 1e-12)
    let given = try value(
      .categoricalCrossentropy(fromLogits: true), labels: second, output: logits)
    #expect(given == [2000])
  }

  @Test("a softmax along another axis than the last is not taken for one along the last")
  func otherAxis() throws {
    let three: Double = ln(3)
    let columns = ActivationFunction("columns") { softmax($0, axis: 0) }
    let output = NDArray([[0, 0], [0, 0]] as [[Double]])
    let found = try value(
      .categoricalCrossentropy, labels: NDArray([[1, 0], [1, 0]] as [[Double]]),
      output: NDArray([0, three, three, 0], shape: [2, 2]), through: columns)
    // Columns are [1/4, 3/4] and [3/4, 1/4]: so are the rows.
    let expected: [Double] = [ln(4), ln(4.0 / 3)]
    expectClose(NDArray(found), NDArray(expected), tolerance: 1e-9)
    let first = ActivationFunction("last") { softmax($0, axis: 1) }
    let same = try value(
      .categoricalCrossentropy, labels: NDArray([[1, 0], [1, 0]] as [[Double]]), output: output,
      through: first)
    let half: [Double] = [ln(2), ln(2)]
    expectClose(NDArray(same), NDArray(half), tolerance: 1e-15)
  }

  @Test("losses of given probabilities, by their formulas")
  func formulas() throws {
    let p = NDArray([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]] as [[Double]])
    let labels = NDArray([[0, 0, 1], [0.5, 0.5, 0]] as [[Double]])
    func expect(
      _ loss: Loss, _ labels: NDArray, _ expected: [Double],
      sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) throws {
      let found = try value(loss, labels: labels, output: p)
      expectClose(
        NDArray(found), NDArray(expected), tolerance: 1e-12, loss.name,
        sourceLocation: sourceLocation)
    }
    let cross: [Double] = [-ln(0.5), -(ln(0.1) + ln(0.8)) / 2]
    try expect(.categoricalCrossentropy, labels, cross)
    let sparse: [Double] = [-ln(0.2), -ln(0.8)]
    try expect(.sparseCategoricalCrossentropy, NDArray([0, 1] as [Int64]), sparse)
    let first: Double = ln(0.8) + ln(0.7) + ln(0.5)
    let second: Double = ln(0.1) + ln(0.9) + ln(0.8) + ln(0.2) + 2 * ln(0.9)
    try expect(.binaryCrossentropy, labels, [-first / 3, -second / 6])
    let squares: [Double] = [0.38 / 3, 0.26 / 3]
    try expect(.meanSquaredError, labels, squares)
    try expect(.meanAbsoluteError, labels, [1.0 / 3, 0.8 / 3])
    // Beyond 0.35, delta · (|e| − delta / 2).
    let (far, further): (Double, Double) = (0.35 * 0.225, 0.35 * 0.325)
    try expect(.huber(delta: 0.35), labels, [(0.065 + further) / 3, (0.05 + far) / 3])
    let q = NDArray([[0.25, 0.25, 0.5], [0.1, 0.8, 0.1]] as [[Double]])
    let divergence: Double = 0.25 * ln(1.25) + 0.25 * ln(0.25 / 0.3)
    try expect(.kullbackLeiblerDivergence, q, [divergence, 0])
  }

  @Test("sparse labels and one-hot labels of the same classes have the same loss")
  func sparse() throws {
    let data = Points(10)
    let models = [classifier(), classifier()]
    models[1].compile(
      optimizer: .sgd, loss: .categoricalCrossentropy, metrics: [.accuracy, .topKAccuracy(2)])
    let a = try models[0].evaluate(data.x, data.classes)
    let b = try models[1].evaluate(data.x, data.oneHot)
    #expect(abs(a.loss - b.loss) < 1e-6)
    #expect(a.accuracy == b.accuracy)
    #expect(try #require(b["top_2_accuracy"]) >= (try #require(b.accuracy)))
  }

  @Test("accuracy means what labels and outputs make of it, for rows and for steps")
  func accuracy() throws {
    /// The metrics of a model that passes its inputs on.
    func found(
      _ metrics: [Metric], _ loss: Loss, labels: NDArray, output: NDArray
    ) throws -> [Double] {
      let shape = PartialShape(output.shape.dropFirst().map(Optional.some))
      let scale = Dense(
        output.shape[output.rank - 1], useBias: false,
        kernelInitializer: Initializer { graph, shape, _ in
          let size = shape[0]
          let elements = (0..<size * size).map { $0 % (size + 1) == 0 ? Float(1) : 0 }
          return graph.constant(NDArray(elements, shape: shape))
        })
      let model = Sequential([scale], inputShape: shape)
      model.compile(optimizer: .sgd, loss: loss, metrics: metrics)
      return Array(try model.evaluate(output, labels).values.dropFirst())
    }
    let single = NDArray([[0.2], [0.6], [0.7], [0.9]] as [[Float]])
    let flags = NDArray([[0], [1], [0], [1]] as [[Float]])
    let ofRows = try found([.accuracy], .meanSquaredError, labels: flags, output: single)
    #expect(ofRows == [0.75])
    let steps = NDArray([[[1, 2], [2, 1]], [[3, 0], [0, 3]]] as [[[Float]]])
    let classes = NDArray([[1, 1], [0, 1]] as [[Int32]])
    let ofSteps = try found(
      [.accuracy, .sparseCategoricalAccuracy], .sparseCategoricalCrossentropy(fromLogits: true),
      labels: classes, output: steps)
    #expect(ofSteps == [0.75, 0.75])
    let both = NDArray([[0.2, 0.8], [0.9, 0.7]] as [[Float]])
    let marks = NDArray([[0, 1], [1, 0]] as [[Float]])
    let values = try found(
      [.binaryAccuracy, .categoricalAccuracy, .meanSquaredError, .meanAbsoluteError],
      .binaryCrossentropy, labels: marks, output: both)
    let expected: [Double] = [0.75, 1, 0.145, 0.3]
    expectClose(NDArray(values), NDArray(expected), tolerance: 1e-6)
  }
}
