import Jacquard
import JacquardNN

/// Writes the course of `Model.fit(_:_:batchSize:epochs:validationData:validationSplit:shuffle:callbacks:verbosity:)`
/// for TensorBoard, with the folders and names of Keras.
///
/// ```swift
/// try model.fit(x, y, epochs: 10, callbacks: [TensorBoard(directory: "logs/run1")])
/// ```
///
/// What is found on the training examples goes to the folder `train`, what is found on the validation examples to `validation`, as
/// `epoch_loss`, `epoch_accuracy` and so on; the two appear as two curves of one chart.
public final class TensorBoard: Callback {
  /// When numbers of single training steps are written.
  public enum UpdateFrequency: Sendable, Hashable {
    /// Never: once for each epoch only.
    case epoch
    /// Every so many training steps, as `batch_loss` and so on.
    case batches(Int)
  }

  /// The folder that `train` and `validation` are made in.
  public let directory: String
  /// The number of epochs from one histogram of the weights to the next; 0 for none.
  public let histogramFrequency: Int
  /// Whether the graph is written.
  public let writeGraph: Bool
  /// When numbers of single training steps are written.
  public let updateFrequency: UpdateFrequency

  private var training: EventWriter?
  private var validation: EventWriter?
  private var batches = 0

  /// A callback that writes to `directory`.
  ///
  /// - Parameters:
  ///   - directory: the folder of the run.
  ///   - histogramFrequency: the number of epochs from one histogram of the weights to the next; 0 for none.
  ///   - writeGraph: whether the graph is written.
  ///   - updateFrequency: when numbers of single training steps are written.
  public init(
    directory: String, histogramFrequency: Int = 0, writeGraph: Bool = true,
    updateFrequency: UpdateFrequency = .epoch
  ) {
    self.directory = directory
    self.histogramFrequency = histogramFrequency
    self.writeGraph = writeGraph
    self.updateFrequency = updateFrequency
  }

  /// Opens the file, and writes the graph.
  ///
  /// - Throws: ``SummaryError``
  public func onTrainBegin(_ model: Model) throws {
    let writer = try EventWriter(directory: "\(directory)/train")
    if writeGraph { try writer.add(graph: model.graph) }
    training = writer
    validation = nil
    batches = 0
  }

  /// Writes the numbers of the step, if it is time.
  ///
  /// - Throws: ``SummaryError``
  public func onBatchEnd(_ batch: Int, logs: Logs, _ model: Model) throws {
    defer { batches += 1 }
    guard case .batches(let count) = updateFrequency, count > 0, batches % count == 0 else {
      return
    }
    for (name, value) in zip(logs.names, logs.values) {
      try training?.add(scalar: value, named: "batch_\(name)", step: batches)
    }
  }

  /// Writes the numbers of the epoch, and histograms if it is time.
  ///
  /// - Throws: ``SummaryError``
  public func onEpochEnd(_ epoch: Int, logs: Logs, _ model: Model) throws {
    for (name, value) in zip(logs.names, logs.values) {
      if name.hasPrefix("val_") {
        let writer = try validation ?? EventWriter(directory: "\(directory)/validation")
        validation = writer
        try writer.add(scalar: value, named: "epoch_\(name.dropFirst(4))", step: epoch)
      } else {
        try training?.add(scalar: value, named: "epoch_\(name)", step: epoch)
      }
    }
    if histogramFrequency > 0, epoch % histogramFrequency == 0 {
      for weight in model.graph.trainableVariables {
        try training?.add(
          histogram: model.session.value(of: weight), named: weight.name, step: epoch)
      }
    }
    try training?.flush()
    try validation?.flush()
  }

  /// Closes the files.
  ///
  /// - Throws: ``SummaryError``
  public func onTrainEnd(_ model: Model) throws {
    try training?.close()
    try validation?.close()
  }
}
