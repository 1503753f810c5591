import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Losses of TensorFlow")
struct LossGoldenTests {
  typealias Loss = @Sendable (GoldenCase, LossInputs) throws -> Tensor

  struct LossInputs {
    let predictions: Tensor
    let labels: Tensor
    let weights: Tensor?
    let reduction: Losses.Reduction

    var anyWeights: any LossWeights { weights ?? 1.0 }
  }

  static let losses: [String: Loss] = [
    "absoluteDifference": { _, x in
      Losses.absoluteDifference(
        predictions: x.predictions, labels: x.labels, weights: x.anyWeights, reduction: x.reduction)
    },
    "meanSquaredError": { _, x in
      Losses.meanSquaredError(
        predictions: x.predictions, labels: x.labels, weights: x.anyWeights, reduction: x.reduction)
    },
    "huber": { golden, x in
      Losses.huber(
        predictions: x.predictions, labels: x.labels, weights: x.anyWeights,
        delta: golden.optionalNumber("delta") ?? 1, reduction: x.reduction)
    },
    "hinge": { _, x in
      Losses.hinge(
        logits: x.predictions, labels: x.labels, weights: x.anyWeights, reduction: x.reduction)
    },
    "logLoss": { golden, x in
      Losses.logLoss(
        predictions: x.predictions, labels: x.labels, weights: x.anyWeights,
        epsilon: golden.optionalNumber("epsilon") ?? 1e-7, reduction: x.reduction)
    },
    "cosineDistance": { golden, x in
      Losses.cosineDistance(
        predictions: x.predictions, labels: x.labels, axis: Int(try golden.number("axis")),
        weights: x.anyWeights, reduction: x.reduction)
    },
    "sigmoidCrossEntropy": { golden, x in
      Losses.sigmoidCrossEntropy(
        logits: x.predictions, labels: x.labels, weights: x.anyWeights,
        labelSmoothing: golden.optionalNumber("labelSmoothing") ?? 0, reduction: x.reduction)
    },
    "softmaxCrossEntropy": { golden, x in
      Losses.softmaxCrossEntropy(
        logits: x.predictions, labels: x.labels, weights: x.anyWeights,
        labelSmoothing: golden.optionalNumber("labelSmoothing") ?? 0, reduction: x.reduction)
    },
    "sparseSoftmaxCrossEntropy": { _, x in
      Losses.sparseSoftmaxCrossEntropy(
        logits: x.predictions, labels: x.labels, weights: x.anyWeights, reduction: x.reduction)
    },
    "meanPairwiseSquaredError": { _, x in
      Losses.meanPairwiseSquaredError(
        predictions: x.predictions, labels: x.labels, weights: x.anyWeights)
    },
    "sequenceLoss": { golden, x in
      sequenceLoss(
        logits: x.predictions, targets: x.labels, weights: try #require(x.weights),
        averageAcrossTimesteps: try golden.flag("averageAcrossTimesteps"),
        averageAcrossBatch: try golden.flag("averageAcrossBatch"))
    },
  ]

  static let cases = Goldens.load("losses")

  @Test("every loss has goldens with every reduction")
  func coverage() throws {
    #expect(Set(try Self.cases.map { try $0.text("loss") }) == Set(Self.losses.keys))
    let reductions = Set(Self.cases.compactMap { try? $0.text("reduction") })
    #expect(reductions == Set(Losses.Reduction.allCases.map { "\($0)" }))
  }

  @Test("values and gradients", arguments: cases)
  func golden(_ golden: GoldenCase) throws {
    let loss = try #require(Self.losses[try golden.text("loss")])
    for isOpen in [false, true] {
      let graph = Graph()
      var feeds = Feeds()
      func input(_ key: String) throws -> Tensor {
        let array = try golden[key]
        let shape = PartialShape(array.shape.map { isOpen ? nil : $0 })
        let tensor = graph.placeholder(array.dtype, shape, name: key)
        feeds = feeds.feed(tensor, array)
        return tensor
      }
      let reduction = Losses.Reduction.allCases.first {
        "\($0)" == (try? golden.text("reduction"))
      }
      let inputs = LossInputs(
        predictions: try input("predictions"), labels: try input("labels"),
        weights: golden.arrays["weights"] == nil ? nil : try input("weights"),
        reduction: reduction ?? .none)
      let value = try loss(golden, inputs)
      let gradients = graph.gradients(
        of: [value], withRespectTo: [inputs.predictions],
        gradientsOf: [graph.constant(try golden["dValue"])])
      try graph.validate()
      let gradient = try #require(gradients[0])
      let results: [NDArray] = try Session(graph).run([value, gradient], feeding: feeds)
      try golden.expect(results[0], is: "value")
      try golden.expect(results[1], is: "dPredictions")
    }
  }
}

extension GoldenCase {
  func optionalNumber(_ key: String) -> Double? { try? number(key) }
}
