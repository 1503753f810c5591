import Jacquard
import JacquardArrays

extension Model {
  /// Trains the model: `epochs` passes over the examples, in batches.
  ///
  /// The numbers reported for an epoch are means over its batches while the weights change; those of the validation data are of the
  /// weights at its end. Where a step fails, by NaN for instance, it is not taken, and the weights are as of the last good one.
  ///
  /// - Parameters:
  ///   - x: the examples, `[count] + inputShape`.
  ///   - y: their labels, `[count, …]`; see ``Loss/LabelForm``.
  ///   - batchSize: the number of examples of a step; the last step of an epoch takes what is left.
  ///   - epochs: the number of passes.
  ///   - validationData: examples and labels to test with after each epoch.
  ///   - validationSplit: which part of the examples, from their end, to test with instead: 0 to below 1.
  ///   - shuffle: whether each epoch has an order of its own, or that of the arrays.
  ///   - callbacks: what is called meanwhile.
  ///   - verbosity: what is written to standard output.
  /// - Returns: what was found in each epoch.
  /// - Throws: ``ModelError``, `GraphError` with everything that is wrong with the network, `SessionError`, and what callbacks throw.
  @discardableResult
  public func fit(
    _ x: NDArray, _ y: NDArray, batchSize: Int = 32, epochs: Int = 1,
    validationData: (x: NDArray, y: NDArray)? = nil, validationSplit: Double = 0,
    shuffle: Bool = true, callbacks: [any Callback] = [], verbosity: Verbosity = .automatic
  ) throws -> History {
    let training = try prepared(for: x, action: "fit")
    try Self.requirePositive(batchSize, "batchSize")
    try Self.requirePositive(epochs, "epochs", orZero: true)
    var examples = try Examples(x, y, for: input, training)
    var validation = try validationData.map { try Examples($0.x, $0.y, for: input, training) }
    if validation == nil, validationSplit != 0 {
      let kept = try Self.trainingCount(examples.count, validationSplit)
      validation = examples[kept..<examples.count]
      examples = examples[0..<kept]
    }
    guard examples.count > 0, validation?.count != 0 else {
      throw ModelError.noExamples(action: examples.count > 0 ? "validation" : "fit")
    }
    try initializeVariables()

    stopTraining = false
    resumedEpochs = 0
    var history = History()
    var progress = TrainingProgress(verbosity, epochs: epochs, examples: examples.count)
    for callback in callbacks { try callback.onTrainBegin(self) }
    for epoch in resumedEpochs..<max(resumedEpochs, epochs) where !stopTraining {
      for callback in callbacks { try callback.onEpochBegin(epoch, self) }
      progress.begin(epoch)
      var logs = try runEpoch(
        epoch, examples, training, batchSize: batchSize, shuffle: shuffle, callbacks, &progress)
      if let validation {
        let found = try test(validation, training, batchSize: batchSize)
        logs = logs.merging(found, prefix: "val_")
      }
      progress.end(logs)
      history.epochs.append(logs)
      for callback in callbacks { try callback.onEpochEnd(epoch, logs: logs, self) }
    }
    for callback in callbacks { try callback.onTrainEnd(self) }
    return history
  }

  /// The means of one epoch of training.
  private func runEpoch(
    _ epoch: Int, _ examples: Examples, _ training: CompiledTraining, batchSize: Int,
    shuffle: Bool, _ callbacks: [any Callback], _ progress: inout TrainingProgress
  ) throws -> Logs {
    var order: [Int]?
    if shuffle {
      order = shuffledRows(examples.count, seed: graph.seed, epoch: shuffledEpochs)
      shuffledEpochs += 1
    }
    var means = RunningMean()
    for (batch, range) in batchRanges(count: examples.count, size: batchSize).enumerated() {
      for callback in callbacks { try callback.onBatchBegin(batch, self) }
      let rows = order.map { examples.taking(rows: Array($0[range])) } ?? examples[range]
      let values = try step(rows, training, epoch: epoch, batch: batch)
      means.add(values, rows: range.count)
      progress.show(means.count, means.logs(training.names))
      if !callbacks.isEmpty {
        var found = RunningMean()
        found.add(values, rows: range.count)
        for callback in callbacks {
          try callback.onBatchEnd(batch, logs: found.logs(training.names), self)
        }
      }
      if stopTraining { break }
    }
    return means.logs(training.names)
  }

  /// Takes one step; returns loss and metrics before it.
  private func step(
    _ rows: Examples, _ training: CompiledTraining, epoch: Int, batch: Int
  ) throws -> [Double] {
    do {
      let (loss, metrics, _) = try session.run(
        training.trainingLoss, training.trainingMetrics, training.trainStep,
        feeding: rows.feeds(input, training.labels))
      return [loss.doubleValue] + metrics.map(\.doubleValue)
    } catch let error as SessionError {
      guard case .runFailure(let operation, _, _, _) = error else { throw error }
      if let what = training.checks[operation] {
        throw ModelError.notFinite(what: what, epoch: epoch + 1, batch: batch + 1)
      }
      throw ModelError.stepFailed(
        epoch: epoch + 1, batch: batch + 1, reason: error.description)
    }
  }

  /// How many examples are left to train on.
  private static func trainingCount(_ count: Int, _ split: Double) throws -> Int {
    guard split >= 0, split < 1 else {
      throw ModelError.invalidArgument(
        name: "validationSplit", value: "\(split)", remedy: "give 0 or more, and less than 1")
    }
    return Int(Double(count) * (1 - split))
  }
}
