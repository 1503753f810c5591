/// Numbers by name, in a fixed order: the loss and the metrics of a batch, an epoch or a test.
public struct Logs: Sendable, Hashable, CustomStringConvertible {
  /// The names, in order; the first is `loss`.
  public private(set) var names: [String] = []
  /// The numbers, in the order of the names.
  public private(set) var values: [Double] = []

  /// No numbers.
  public init() {}

  /// The number of that name, if there is one.
  public subscript(name: String) -> Double? {
    get { names.firstIndex(of: name).map { values[$0] } }
    set {
      let index = names.firstIndex(of: name)
      switch (index, newValue) {
      case (let index?, let value?): values[index] = value
      case (let index?, nil):
        names.remove(at: index)
        values.remove(at: index)
      case (nil, let value?):
        names.append(name)
        values.append(value)
      case (nil, nil): break
      }
    }
  }

  /// The loss; NaN if there is none.
  public var loss: Double { self["loss"] ?? .nan }

  /// The accuracy, if that was among the metrics.
  public var accuracy: Double? { self["accuracy"] }

  /// The numbers by name: `loss: 0.3012 - accuracy: 0.9100`.
  public var description: String {
    zip(names, values).map { "\($0): \($1.logText)" }.joined(separator: " - ")
  }

  /// These and others, whose names get a prefix.
  func merging(_ others: Logs, prefix: String) -> Logs {
    var result = self
    for (name, value) in zip(others.names, others.values) { result[prefix + name] = value }
    return result
  }
}

/// What ``Model/fit(_:_:batchSize:epochs:validationData:validationSplit:shuffle:callbacks:verbosity:)`` found in each epoch.
public struct History: Sendable, Hashable {
  /// The numbers of each epoch, in order; those of the validation data are named `val_loss` and so on.
  public internal(set) var epochs: [Logs] = []

  /// The numbers of that name, one for each epoch that has one.
  public subscript(name: String) -> [Double] { epochs.compactMap { $0[name] } }
}

/// The mean of numbers that stand for batches of different sizes.
struct RunningMean {
  private var totals: [Double] = []
  private(set) var count = 0

  mutating func add(_ values: [Double], rows: Int) {
    if totals.isEmpty { totals = values.map { _ in 0 } }
    for (index, value) in values.enumerated() { totals[index] += value * Double(rows) }
    count += rows
  }

  func logs(_ names: [String]) -> Logs {
    var logs = Logs()
    for (name, total) in zip(names, totals) { logs[name] = total / Double(count) }
    return logs
  }
}
