import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Callbacks")
struct CallbackTests {
  /// A callback that notes when it is called.
  private final class Journal: Callback {
    var entries: [String] = []

    func onTrainBegin(_ model: Model) { entries.append("train") }
    func onTrainEnd(_ model: Model) { entries.append("end of train") }
    func onEpochBegin(_ epoch: Int, _ model: Model) { entries.append("epoch \(epoch)") }
    func onEpochEnd(_ epoch: Int, logs: Logs, _ model: Model) {
      entries.append("end of epoch \(epoch) \(logs.names.joined(separator: ","))")
    }
    func onBatchBegin(_ batch: Int, _ model: Model) { entries.append("batch \(batch)") }
    func onBatchEnd(_ batch: Int, logs: Logs, _ model: Model) {
      entries.append("end of batch \(batch) \(logs.names.joined(separator: ","))")
    }
  }

  @Test("hooks are called in order, with the numbers there are")
  func order() throws {
    let (data, journal) = (Points(5), Journal())
    try classifier().fit(
      data.x, data.classes, batchSize: 3, epochs: 1, validationSplit: 0.2, callbacks: [journal],
      verbosity: .silent)
    #expect(
      journal.entries == [
        "train", "epoch 0", "batch 0", "end of batch 0 loss,accuracy", "batch 1",
        "end of batch 1 loss,accuracy", "end of epoch 0 loss,accuracy,val_loss,val_accuracy",
        "end of train",
      ])
  }

  @Test("a callback stops training after the batch, or the epoch")
  func stopping() throws {
    let (data, journal) = (Points(40), Journal())
    let stop = LambdaCallback(onBatchEnd: { batch, _, model in
      if batch == 1 { model.stopTraining = true }
    })
    let history = try classifier().fit(
      data.x, data.classes, batchSize: 8, epochs: 3, callbacks: [stop, journal], verbosity: .silent)
    #expect(history.epochs.count == 1)
    #expect(journal.entries.filter { $0.hasPrefix("batch") }.count == 2)
    #expect(journal.entries.last == "end of train")
    let atEpoch = LambdaCallback(onEpochEnd: { epoch, _, model in
      if epoch == 1 { model.stopTraining = true }
    })
    let second = try classifier().fit(
      data.x, data.classes, epochs: 5, callbacks: [atEpoch], verbosity: .silent)
    #expect(second.epochs.count == 2)
  }

  @Test("what a callback throws ends the training")
  func throwing() {
    struct Enough: Error {}
    let data = Points(8)
    #expect(throws: Enough.self) {
      try classifier().fit(
        data.x, data.classes, callbacks: [LambdaCallback(onEpochBegin: { _, _ in throw Enough() })],
        verbosity: .silent)
    }
  }

  /// A model of one weight, w, whose loss is |w − label|, and which moves by `rate` each step.
  private func walker(_ rate: AdjustableLearningRate, start: Double = 0) -> Sequential {
    let model = Sequential(
      [Dense(1, useBias: false, kernelInitializer: .constant(start))], inputShape: [1])
    model.compile(optimizer: .sgd(learningRate: rate), loss: .meanAbsoluteError)
    return model
  }

  private let one = NDArray([[1]] as [[Float]])

  @Test("early stopping waits as long as it should, and puts the best weights back")
  func earlyStopping() throws {
    // w: 0 → 0.75 → 1.5 → 0.75 → …; the loss of the validation is 0.25, 0.5, 0.25, 0.5, …
    let model = walker(AdjustableLearningRate(0.75))
    let early = EarlyStopping(patience: 3, restoreBestWeights: true)
    let history = try model.fit(
      one, one, epochs: 20, validationData: (one, one), callbacks: [early], verbosity: .silent)
    #expect(early.stoppedEpoch == 3)
    #expect(history["val_loss"] == [0.25, 0.5, 0.25, 0.5])
    #expect(try model.weights()[0].doubles() == [0.75])

    let rising = EarlyStopping(monitor: "loss", patience: 1, mode: .max)
    let second = try walker(AdjustableLearningRate(0.25)).fit(
      one, one, epochs: 20, callbacks: [rising], verbosity: .silent)
    #expect(second.epochs.count == 2)
  }

  @Test("a number that there is not cannot be watched")
  func unknownMonitor() {
    let error = #expect(throws: ModelError.self) {
      try walker(AdjustableLearningRate(0.1)).fit(
        one, one, callbacks: [EarlyStopping()], verbosity: .silent)
    }
    #expect(error?.description.contains("'val_loss'") == true)
    #expect(error?.description.contains("'loss'") == true)
  }

  @Test("the rate falls where the loss does, and rests; not below its minimum")
  func reduceOnPlateau() throws {
    let rate = AdjustableLearningRate(0.75)
    let model = walker(rate)
    var rates: [Double] = []
    let watch = LambdaCallback(onEpochEnd: { _, _, model in
      rates.append(try rate.value(in: model.session))
    })
    let reduce = ReduceLROnPlateau(
      rate, monitor: "loss", factor: 0.5, patience: 2, minDelta: 10, cooldown: 1, minimumRate: 0.2)
    try model.fit(one, one, epochs: 9, callbacks: [reduce, watch], verbosity: .silent)
    // Epoch 0 is the best; 1 and 2 are not better; 3 rests; 4 and 5 are not better; …
    #expect(rates == [0.75, 0.75, 0.375, 0.375, 0.375, 0.2, 0.2, 0.2, 0.2])
  }

  @Test("a schedule sets the rate of each epoch")
  func schedule() throws {
    let rate = AdjustableLearningRate(100)
    let model = walker(rate)
    let schedule = LearningRateScheduler(rate) { epoch, current in
      epoch == 0 ? 0.25 : current / 2
    }
    var weights: [Double] = []
    let watch = LambdaCallback(onEpochEnd: { _, _, model in
      weights.append(try model.weights()[0].doubleValue)
    })
    try model.fit(one, one, epochs: 3, callbacks: [schedule, watch], verbosity: .silent)
    #expect(weights == [0.25, 0.375, 0.4375])
  }

  @Test("a rate that the optimizer does not use cannot be set")
  func unusedRate() {
    let data = Points(4)
    let rate = AdjustableLearningRate(0.1)
    for callback in [
      LearningRateScheduler(rate) { $1 } as any Callback, ReduceLROnPlateau(rate, monitor: "loss"),
    ] {
      let error = #expect(throws: ModelError.self) {
        try classifier().fit(data.x, data.classes, callbacks: [callback], verbosity: .silent)
      }
      #expect(error?.description.contains("AdjustableLearningRate") == true)
    }
  }
}
