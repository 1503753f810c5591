import Foundation
import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct LossTests {
  private let graph = Graph()

  @Test func nothingOverNothingIsZeroAndSoIsItsGradient() throws {
    let x = graph.placeholder(.float64, [nil, 2])
    let labels = graph.placeholder(.float64, [nil, 2])
    for reduction in Losses.Reduction.allCases where reduction != .none {
      for weights in [1.0, 0.0] {
        let loss = Losses.meanSquaredError(
          predictions: x, labels: labels, weights: weights, reduction: reduction)
        let gradient = try #require(graph.gradients(of: [loss], withRespectTo: [x])[0])
        let rows = weights == 0 ? 3 : 0
        let batch = noise([rows, 2], seed: 1)
        let (value, slope) = try Session(graph).run(
          loss, gradient, feeding: [x: batch, labels: noise([rows, 2], seed: 2)])
        #expect(value.doubles() == [0], "\(reduction), weights \(weights)")
        #expect(slope.shape == [rows, 2] && slope.doubles().allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func numbersWeighAsScalarsDo() throws {
    let x = graph.constant(noise([3, 4], seed: 1))
    let labels = graph.constant(noise([3, 4], seed: 2))
    for reduction in Losses.Reduction.allCases {
      func loss(_ weights: any LossWeights) -> Tensor {
        Losses.huber(predictions: x, labels: labels, weights: weights, reduction: reduction)
      }
      let (number, integer, scalar, array) = try Session(graph).run(
        loss(2.0), loss(2), loss(graph.constant(NDArray(2 as Int32))),
        loss(graph.constant(NDArray.full(2, dtype: .float32, shape: [3, 4]))))
      #expect(number == integer && number == scalar)
      expectClose(number, array, tolerance: 1e-14)
    }
  }

  @Test func labelsOfAnyDTypeAreCast() throws {
    let x = graph.constant(NDArray([0.25, 0.75] as [Float]))
    let (flags, numbers) = try Session(graph).run(
      Losses.logLoss(predictions: x, labels: graph.constant(NDArray([true, false]))),
      Losses.logLoss(predictions: x, labels: graph.constant(NDArray([1, 0] as [Int64]))))
    #expect(flags == numbers)
    expectClose(flags, NDArray(-logf(0.25)), tolerance: 1e-6)
  }

  @Test func noGradientFlowsToSoftmaxLabels() {
    let logits = graph.placeholder(.float32, [2, 3])
    let labels = graph.placeholder(.float32, [2, 3])
    let loss = Losses.softmaxCrossEntropy(logits: logits, labels: labels)
    let gradients = graph.gradients(of: [loss], withRespectTo: [logits, labels])
    #expect(gradients[0] != nil && gradients[1] == nil)
  }

  /// A weight more than there are losses would make more losses.
  @Test func fedWeightsThatDoNotFitFailTheRun() throws {
    let x = graph.placeholder(.float32, [nil])
    let weights = graph.placeholder(.float32, [nil])
    let loss = Losses.absoluteDifference(predictions: x, labels: x, weights: weights)
    let error = #expect(throws: GraphError.self) {
      try Session(graph).run(
        loss, feeding: [x: NDArray.zeros(.float32, [1]), weights: NDArray.zeros(.float32, [5])])
    }
    #expect(error?.description.contains("[5]") == true)
  }

  /// On top of a hidden layer; as in training, the second derivative is what a step changes the gradient by.
  @Test func everyLossIsTwiceDifferentiable() throws {
    let x = graph.constant(noise([3, 4], seed: 1))
    let w = graph.placeholder(.float64, [4, 2])
    let (y, labels) = (sigmoid(matmul(x, w)), graph.constant(noise([3, 2], seed: 3)))
    let losses = [
      Losses.meanSquaredError(predictions: y, labels: labels),
      Losses.huber(predictions: y, labels: labels, delta: 0.4),
      Losses.logLoss(predictions: y, labels: sigmoid(labels)),
      Losses.cosineDistance(predictions: y, labels: labels, axis: 1, reduction: .sum),
      Losses.sigmoidCrossEntropy(logits: y, labels: sigmoid(labels), labelSmoothing: 0.1),
      Losses.softmaxCrossEntropy(logits: y, labels: softmax(labels), labelSmoothing: 0.1),
      Losses.meanPairwiseSquaredError(predictions: y, labels: labels),
    ]
    let (point, direction) = (noise([4, 2], seed: 5), noise([4, 2], seed: 6))
    for loss in losses {
      let gradient = try #require(graph.gradients(of: [loss], withRespectTo: [w])[0])
      let slope = (gradient * graph.constant(direction)).sum()
      let second = try #require(graph.gradients(of: [slope], withRespectTo: [w])[0])
      let session = Session(graph)
      func moved(_ step: Double) throws -> NDArray {
        let values = zip(point.doubles(), direction.doubles()).map { $0 + step * $1 }
        return try session.run(gradient, feeding: [w: NDArray(values, shape: [4, 2])])
      }
      let step = 1e-5
      let (ahead, behind) = (try moved(step).doubles(), try moved(-step).doubles())
      let differences = zip(ahead, behind).map { ($0 - $1) / (2 * step) }
      let exact: NDArray = try session.run(second, feeding: [w: point])
      expectClose(exact, NDArray(differences, shape: [4, 2]), tolerance: 1e-8, "\(loss.name)")
    }
  }

  static let misuses = [
    Misuse.located("shapes", says: ["Losses.huber", "[?, 3]", "[?, 2]", "one label for each"]) {
      let x = $0.placeholder(.float32, [nil, 3])
      return line(of: Losses.huber(predictions: x, labels: $0.placeholder(.float32, [nil, 2])))
    },
    Misuse.located("integer predictions", says: ["int32[2]", "floating-point", "cast"]) {
      let x = $0.placeholder(.int32, [2])
      return line(of: Losses.meanSquaredError(predictions: x, labels: x))
    },
    Misuse.located(
      "weights of another rank", says: ["weights of shape [3]", "losses of shape [4, 3]", "rank"]
    ) {
      let x = $0.placeholder(.float32, [4, 3])
      let weights = $0.placeholder(.float32, [3])
      return line(of: Losses.logLoss(predictions: x, labels: x, weights: weights))
    },
    Misuse.located("weights of another length", says: ["[4, 2]", "[4, 3]", "1 or the losses'"]) {
      let x = $0.placeholder(.float32, [4, 3])
      let weights = $0.placeholder(.float32, [4, 2])
      return line(of: Losses.hinge(logits: x, labels: x, weights: weights))
    },
    Misuse.located("integer losses", says: ["the losses are int32[4]", "floating-point"]) {
      line(of: Losses.weighted($0.placeholder(.int32, [4])))
    },
    Misuse.located("smoothing", says: ["smoothing is 1.5", "from 0 to 1"]) {
      let x = $0.placeholder(.float32, [4, 3])
      return line(of: Losses.softmaxCrossEntropy(logits: x, labels: x, labelSmoothing: 1.5))
    },
    Misuse.located("negative smoothing", says: ["smoothing is -0.1", "from 0 to 1"]) {
      let x = $0.placeholder(.float32, [4, 3])
      return line(of: Losses.sigmoidCrossEntropy(logits: x, labels: x, labelSmoothing: -0.1))
    },
    Misuse.located("sparse labels", says: ["float32", "integer"]) {
      let x = $0.placeholder(.float32, [4, 3])
      let labels = $0.placeholder(.float32, [4])
      return line(of: Losses.sparseSoftmaxCrossEntropy(logits: x, labels: labels))
    },
    Misuse.located("cosine axis", says: ["no axis 2", "[4, 3]"]) {
      let x = $0.placeholder(.float32, [4, 3])
      return line(of: Losses.cosineDistance(predictions: x, labels: x, axis: 2))
    },
    Misuse.located("pairs of an unknown rank", says: ["float32[…]", "known rank"]) {
      let x = $0.placeholder(.float32, .unknown)
      return line(of: Losses.meanPairwiseSquaredError(predictions: x, labels: x))
    },
    Misuse.located("sequence", says: ["int32[4, 6]", "float32[4, 5]", "[batch, steps]"]) {
      let logits = $0.placeholder(.float32, [4, 5, 7])
      let targets = $0.placeholder(.int32, [4, 6])
      let weights = $0.placeholder(.float32, [4, 5])
      return line(of: sequenceLoss(logits: logits, targets: targets, weights: weights))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "LossTests.swift") }
}
