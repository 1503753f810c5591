/// What is called while a model is trained: to watch, to change the learning rate, to stop.
///
/// All requirements have empty defaults. What a callback throws ends the training and is thrown on. Epochs and batches count from 0.
public protocol Callback {
  /// Before the first epoch.
  func onTrainBegin(_ model: Model) throws

  /// After the last epoch; not if training failed.
  func onTrainEnd(_ model: Model) throws

  /// Before an epoch.
  func onEpochBegin(_ epoch: Int, _ model: Model) throws

  /// After an epoch and its validation.
  ///
  /// - Parameters:
  ///   - epoch: counts from 0.
  ///   - logs: the means over the epoch; those of the validation data are named `val_loss` and so on.
  ///   - model: the model in training.
  func onEpochEnd(_ epoch: Int, logs: Logs, _ model: Model) throws

  /// Before a training step.
  func onBatchBegin(_ batch: Int, _ model: Model) throws

  /// After a training step.
  ///
  /// - Parameters:
  ///   - batch: counts from 0 in each epoch.
  ///   - logs: of that batch alone.
  ///   - model: the model in training.
  func onBatchEnd(_ batch: Int, logs: Logs, _ model: Model) throws
}

extension Callback {
  /// Does nothing.
  public func onTrainBegin(_ model: Model) {}
  /// Does nothing.
  public func onTrainEnd(_ model: Model) {}
  /// Does nothing.
  public func onEpochBegin(_ epoch: Int, _ model: Model) {}
  /// Does nothing.
  public func onEpochEnd(_ epoch: Int, logs: Logs, _ model: Model) {}
  /// Does nothing.
  public func onBatchBegin(_ batch: Int, _ model: Model) {}
  /// Does nothing.
  public func onBatchEnd(_ batch: Int, logs: Logs, _ model: Model) {}
}

/// A callback made of closures.
public struct LambdaCallback: Callback {
  private let epochBegin: (Int, Model) throws -> Void
  private let epochEnd: (Int, Logs, Model) throws -> Void
  private let batchEnd: (Int, Logs, Model) throws -> Void

  /// A callback of those closures that are given.
  ///
  /// - Parameters:
  ///   - onEpochBegin: called before each epoch with its number.
  ///   - onEpochEnd: called after each epoch with its number and its means.
  ///   - onBatchEnd: called after each training step with its number in the epoch, and what it found.
  public init(
    onEpochBegin: @escaping (_ epoch: Int, _ model: Model) throws -> Void = { _, _ in },
    onEpochEnd: @escaping (_ epoch: Int, _ logs: Logs, _ model: Model) throws -> Void = { _, _, _ in
    },
    onBatchEnd: @escaping (_ batch: Int, _ logs: Logs, _ model: Model) throws -> Void = { _, _, _ in
    }
  ) {
    epochBegin = onEpochBegin
    epochEnd = onEpochEnd
    batchEnd = onBatchEnd
  }

  /// Calls the closure.
  public func onEpochBegin(_ epoch: Int, _ model: Model) throws { try epochBegin(epoch, model) }

  /// Calls the closure.
  public func onEpochEnd(_ epoch: Int, logs: Logs, _ model: Model) throws {
    try epochEnd(epoch, logs, model)
  }

  /// Calls the closure.
  public func onBatchEnd(_ batch: Int, logs: Logs, _ model: Model) throws {
    try batchEnd(batch, logs, model)
  }
}
