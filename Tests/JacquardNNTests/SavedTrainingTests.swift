import Foundation
import Jacquard
import JacquardNN
import Testing

/// Training that is saved, loaded and gone on with gives the bits of training that is not.
@Suite("Training saved half-way")
struct SavedTrainingTests {
  enum Network: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case lstm, gruWithLengths, droppedStack, bidirectional, clockwork, embedding, layerNorm
    var testDescription: String { rawValue }
  }

  enum Training: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sgd, momentum, adam, adamW, rmsProp, adagrad, adadelta, ftrl, nadam, adaMax
    var testDescription: String { rawValue }

    /// With a schedule of its own for each.
    func optimizer(_ rate: any LearningRate) -> any Optimizer {
      switch self {
      case .sgd: GradientDescentOptimizer(learningRate: rate)
      case .momentum: MomentumOptimizer(learningRate: rate, momentum: 0.9)
      case .adam: AdamOptimizer(learningRate: rate)
      case .adamW: AdamWOptimizer(weightDecay: 0.01, learningRate: rate)
      case .rmsProp: RMSPropOptimizer(learningRate: rate)
      case .adagrad: AdagradOptimizer(learningRate: rate)
      case .adadelta: AdadeltaOptimizer(learningRate: rate)
      case .ftrl: FtrlOptimizer(learningRate: rate)
      case .nadam: NadamOptimizer(learningRate: rate)
      case .adaMax: AdaMaxOptimizer(learningRate: rate)
      }
    }
  }

  /// A network with its training step.
  struct Learner {
    let graph = Graph(seed: 11)
    let session: Session
    let signature: ModelSignature

    init(_ network: Network, _ training: Training) throws {
      let graph = graph
      let x = graph.placeholder(.float32, [nil, 6, 4], name: "x")
      let lengths = graph.placeholder(.int32, [nil], name: "lengths")
      let y = graph.placeholder(.float32, [nil, 3], name: "y")
      let features = Self.features(network, x, lengths)
      let weights = graph.getVariable("out/kernel", [features.shape[1] ?? 0, 3])
      let loss = softmaxCrossEntropy(logits: matmul(features, weights), labels: y).mean()
      let step = graph.globalStep
      let rate = exponentialDecay(0.05, step, decaySteps: 3, decayRate: 0.9)
      let train = training.optimizer(rate).minimize(loss, globalStep: step)
      try graph.validate()
      session = Session(graph)
      try session.run(graph.variablesInitializer)
      signature = ModelSignature(
        inputs: ["x": x, "lengths": lengths, "y": y],
        outputs: ["loss": loss, "features": features], training: ["train": train])
    }

    private static func features(_ network: Network, _ x: Tensor, _ lengths: Tensor) -> Tensor {
      switch network {
      case .lstm: return dynamicRNN(BasicLSTMCell(units: 5), x, dtype: .float32).state.h
      case .gruWithLengths:
        return dynamicRNN(GRUCell(units: 5), x, sequenceLength: lengths, dtype: .float32).state
      case .droppedStack:
        let cells = (0..<2).map { _ in
          DropoutWrapper(BasicLSTMCell(units: 4), outputKeepProbability: 0.7)
        }
        return dynamicRNN(cells, x, dtype: .float32).state[1].h
      case .bidirectional:
        let (outputs, _) = bidirectionalDynamicRNN(
          BasicRNNCell(units: 3), GRUCell(units: 2), x, sequenceLength: lengths, dtype: .float32)
        return concatenate(outputs.tensors, axis: 2).mean(along: [1])
      case .clockwork:
        return dynamicRNN(ClockworkRNNCell(units: 6, periods: [1, 2, 4]), x, dtype: .float32)
          .outputs.max(along: [1])
      case .embedding:
        let table = x.graph.getVariable("table", [9, 4])
        let rows = embeddingLookup(table, lengths)
        return rows + x.mean(along: [1])
      case .layerNorm:
        return dynamicRNN(LayerNormBasicLSTMCell(units: 4), x, dtype: .float32).state.h
      }
    }

    static func inputs(_ step: Int) -> Named<any FeedValue> {
      let x = (0..<3 * 6 * 4).map { Float(($0 * 7 + step * 13) % 29) / 14 - 1 }
      let y = (0..<3 * 3).map { Float(($0 + step) % 4 == 0 ? 1 : 0) }
      return [
        "x": NDArray(x, shape: [3, 6, 4]),
        "lengths": NDArray([Int32(step % 7), 6, 2]), "y": NDArray(y, shape: [3, 3]),
      ]
    }

    func train(_ steps: Range<Int>) throws -> [NDArray] {
      try steps.map { step in
        var feeds = Feeds()
        for (name, value) in Self.inputs(step) {
          feeds = feeds.feed(signature.inputs[name]!, value as! NDArray)
        }
        let (loss, _) = try session.run(
          signature.outputs["loss"]!, signature.training["train"]!, feeding: feeds)
        return loss
      }
    }
  }

  private static func check(_ network: Network, _ training: Training) throws {
    let whole = try Learner(network, training)
    let half = try Learner(network, training)
    let losses = try whole.train(0..<20)
    let first = try half.train(0..<10)
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SavedModel.save(half.session, half.signature, to: path)
    let model = try SavedModel(contentsOf: path)
    #expect(model.graph.dot() == half.graph.dot())
    let second = try (10..<20).map { step in
      try model.run(Learner.inputs(step), fetching: "loss", training: "train")
    }
    #expect(first + second == losses)
    for name in whole.session.variableNames {
      #expect(try model.session.value(named: name) == whole.session.value(named: name), "\(name)")
    }
  }

  @Test("10 steps, saved and loaded, and 10 more = 20 steps", arguments: Network.allCases)
  func networks(_ network: Network) throws { try Self.check(network, .adam) }

  @Test("the state of each optimizer goes on", arguments: Training.allCases)
  func optimizers(_ training: Training) throws { try Self.check(.lstm, training) }
}
