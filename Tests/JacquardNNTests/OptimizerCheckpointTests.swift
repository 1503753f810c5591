import Foundation
import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Checkpoints of optimizers")
struct OptimizerCheckpointTests {
  /// A recurrent network with dropout, and a step that trains it.
  private struct Training {
    let session: Session
    let step: [Jacquard.Operation]
    let feeds: Feeds
    let names: [String]

    init(_ optimizer: any Optimizer) throws {
      let graph = Graph(seed: 9)
      let x = graph.placeholder(.float32, [4, 5, 3], name: "x")
      let cell = DropoutWrapper(BasicLSTMCell(units: 6), outputKeepProbability: 0.8)
      let (outputs, _) = dynamicRNN(cell, x)
      let cost = square(outputs - 0.5).mean()
      let minimize = optimizer.minimize(cost, globalStep: graph.globalStep)
      let averages = ExponentialMovingAverage(decay: 0.9, steps: nil)
      let average = graph.controlDependencies([minimize]) {
        averages.apply(to: graph.trainableVariables)
      }
      session = Session(graph)
      try session.run(graph.variablesInitializer)
      step = [minimize, average]
      feeds = [x: noise([4, 5, 3], seed: 1).converted(to: .float32)]
      names = session.variableNames
    }

    func run(_ count: Int) throws {
      for _ in 0..<count { try session.run(step, feeding: feeds) }
    }
  }

  @Test(
    "100 steps are 50, a checkpoint and 50, bit for bit",
    arguments: [
      AdamOptimizer() as any Optimizer, MomentumOptimizer(learningRate: 0.1, momentum: 0.9),
      RMSPropOptimizer(learningRate: 0.01), FtrlOptimizer(learningRate: 0.1),
    ])
  func resuming(_ optimizer: any Optimizer) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("OptimizerCheckpoint-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let whole = try Training(optimizer)
    try whole.run(100)
    let first = try Training(optimizer)
    try first.run(50)
    try Saver().save(first.session, to: folder, step: 50)
    let second = try Training(optimizer)
    try Saver().restore(second.session, from: folder)
    try second.run(50)
    let (a, b) = (second.session.state, whole.session.state)
    #expect(a.variables.map(\.name) == whole.names)
    for (mine, other) in zip(a.variables, b.variables) {
      #expect(mine.value == other.value, "\(mine.name)")
    }
    #expect(a.drawCounts.map(\.count) == b.drawCounts.map(\.count))
  }

  @Test("names are TensorFlow's")
  func names() throws {
    let names = try Set(Training(AdamOptimizer()).names)
    let kernel = "rnn/basic_lstm_cell/kernel"
    for name in [
      kernel, "\(kernel)/Adam", "\(kernel)/Adam_1", "\(kernel)/ExponentialMovingAverage",
      "rnn/basic_lstm_cell/bias/Adam_1", "beta1_power", "beta2_power", "global_step",
    ] {
      #expect(names.contains(name), "\(name) is not among \(names.sorted())")
    }
  }
}
