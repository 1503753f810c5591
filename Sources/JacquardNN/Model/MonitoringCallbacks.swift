import Jacquard
import JacquardArrays

/// Whether a number that is watched should fall or rise.
public enum MonitorMode: Sendable, Hashable {
  /// Rise if its name ends in `accuracy`, else fall.
  case automatic
  /// Fall.
  case min
  /// Rise.
  case max
}

/// The best of a number so far, and for how many epochs there has been none better.
struct Monitor {
  let name: String
  let rises: Bool
  let minDelta: Double
  private(set) var best: Double?
  private(set) var epochsWithoutBetter = 0

  init(_ name: String, _ mode: MonitorMode, minDelta: Double) {
    self.name = name
    rises = mode == .max || (mode == .automatic && name.hasSuffix("accuracy"))
    self.minDelta = abs(minDelta)
  }

  /// Takes the number of an epoch; returns whether it is better than those before.
  mutating func take(_ logs: Logs) throws -> Bool {
    guard let value = logs[name] else {
      throw ModelError.unknownMonitor(name: name, known: logs.names)
    }
    let isBetter =
      best.map { rises ? value > $0 + minDelta : value < $0 - minDelta } ?? !value.isNaN
    if isBetter { best = value }
    epochsWithoutBetter = isBetter ? 0 : epochsWithoutBetter + 1
    return isBetter
  }

  mutating func startWaiting() { epochsWithoutBetter = 0 }
}

/// Stops training where a number no longer gets better.
public final class EarlyStopping: Callback {
  /// The number of epochs without a better value after which training stops.
  public let patience: Int
  /// Whether the weights of the best epoch are put back where training stops early.
  public let restoreBestWeights: Bool
  /// The epoch that training stopped after; `nil` if it did not.
  public private(set) var stoppedEpoch: Int?

  private let makeMonitor: () -> Monitor
  private var monitor: Monitor
  private var bestWeights: [NDArray]?

  /// A callback that stops training.
  ///
  /// - Parameters:
  ///   - monitor: the name of what is watched.
  ///   - minDelta: by how much a value has to be better to count as better.
  ///   - patience: the number of epochs without a better value after which training stops.
  ///   - mode: whether the value should fall or rise.
  ///   - restoreBestWeights: whether the weights of the best epoch are put back.
  public init(
    monitor: String = "val_loss", minDelta: Double = 0, patience: Int = 0,
    mode: MonitorMode = .automatic, restoreBestWeights: Bool = false
  ) {
    self.patience = patience
    self.restoreBestWeights = restoreBestWeights
    makeMonitor = { Monitor(monitor, mode, minDelta: minDelta) }
    self.monitor = makeMonitor()
  }

  /// Forgets earlier trainings.
  public func onTrainBegin(_ model: Model) {
    monitor = makeMonitor()
    stoppedEpoch = nil
    bestWeights = nil
  }

  /// Stops the training if it is time.
  public func onEpochEnd(_ epoch: Int, logs: Logs, _ model: Model) throws {
    if try monitor.take(logs) {
      if restoreBestWeights { bestWeights = try model.weights() }
    } else if monitor.epochsWithoutBetter >= patience {
      stoppedEpoch = epoch
      model.stopTraining = true
      if let bestWeights { try model.setWeights(bestWeights) }
    }
  }
}

/// Lowers the learning rate where a number no longer gets better.
public final class ReduceLROnPlateau: Callback {
  /// What the rate is multiplied by.
  public let factor: Double
  /// The number of epochs without a better value after which the rate is lowered.
  public let patience: Int
  /// The number of epochs after that in which it is not lowered again.
  public let cooldown: Int
  /// The rate is not lowered below this.
  public let minimumRate: Double

  private let rate: AdjustableLearningRate
  private let makeMonitor: () -> Monitor
  private var monitor: Monitor
  private var resting = 0

  /// A callback that lowers `rate`.
  ///
  /// - Parameters:
  ///   - rate: the rate that the model's optimizer was made with.
  ///   - monitor: the name of what is watched.
  ///   - factor: what the rate is multiplied by.
  ///   - patience: the number of epochs without a better value after which the rate is lowered.
  ///   - minDelta: by how much a value has to be better to count as better.
  ///   - cooldown: the number of epochs after that in which it is not lowered again.
  ///   - minimumRate: the rate is not lowered below this.
  ///   - mode: whether the value should fall or rise.
  public init(
    _ rate: AdjustableLearningRate, monitor: String = "val_loss", factor: Double = 0.1,
    patience: Int = 10, minDelta: Double = 1e-4, cooldown: Int = 0, minimumRate: Double = 0,
    mode: MonitorMode = .automatic
  ) {
    self.rate = rate
    self.factor = factor
    self.patience = patience
    self.cooldown = cooldown
    self.minimumRate = minimumRate
    makeMonitor = { Monitor(monitor, mode, minDelta: minDelta) }
    self.monitor = makeMonitor()
  }

  /// Forgets earlier trainings.
  public func onTrainBegin(_ model: Model) throws {
    try rate.requireUse(in: model, by: "ReduceLROnPlateau")
    monitor = makeMonitor()
    resting = 0
  }

  /// Lowers the rate if it is time.
  public func onEpochEnd(_ epoch: Int, logs: Logs, _ model: Model) throws {
    let isBetter = try monitor.take(logs)
    if resting > 0 {
      resting -= 1
      monitor.startWaiting()
      return
    }
    guard !isBetter, monitor.epochsWithoutBetter >= patience else { return }
    let current = try rate.value(in: model.session)
    guard current > minimumRate else { return }
    try rate.set(max(current * factor, minimumRate), in: model.session)
    resting = cooldown
    monitor.startWaiting()
  }
}

/// Sets the learning rate before each epoch.
public struct LearningRateScheduler: Callback {
  private let rate: AdjustableLearningRate
  private let schedule: (Int, Double) -> Double

  /// A callback that sets `rate`.
  ///
  /// - Parameters:
  ///   - rate: the rate that the model's optimizer was made with.
  ///   - schedule: the rate for an epoch, from its number and the rate so far.
  public init(
    _ rate: AdjustableLearningRate,
    _ schedule: @escaping (_ epoch: Int, _ current: Double) -> Double
  ) {
    self.rate = rate
    self.schedule = schedule
  }

  /// Throws if the optimizer does not use the rate.
  public func onTrainBegin(_ model: Model) throws {
    try rate.requireUse(in: model, by: "LearningRateScheduler")
  }

  /// Sets the rate.
  public func onEpochBegin(_ epoch: Int, _ model: Model) throws {
    try rate.set(schedule(epoch, try rate.value(in: model.session)), in: model.session)
  }
}

extension AdjustableLearningRate {
  fileprivate func requireUse(in model: Model, by callback: String) throws {
    guard isUsed(in: model.graph) else {
      throw ModelError.unusedLearningRate(callback: callback)
    }
  }
}
