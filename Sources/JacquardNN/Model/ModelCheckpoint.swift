import Jacquard

/// Saves a model after each epoch, and goes on from what it finds.
///
/// ```swift
/// try model.fit(x, y, epochs: 10, callbacks: [ModelCheckpoint(in: "run")])
/// ```
///
/// A training that was stopped by whatever means, and is begun anew with the same arguments and the same folder, goes on after the
/// last epoch that was saved, and ends with the same weights as if it had not been stopped, bit for bit. What other callbacks
/// remember is not saved.
///
/// The checkpoints are those of `Saver`; the step in their names is the number of epochs.
public final class ModelCheckpoint: Callback {
  /// Where the checkpoints are.
  public let folder: String
  /// What saves them.
  public let saver: Saver

  private let resumes: Bool
  private let verbose: Bool
  /// How many epochs there were in earlier trainings with this callback.
  private var earlierEpochs = 0
  private var epochs = 0
  private var hasBegun = false

  /// A callback that saves to `folder`.
  ///
  /// - Parameters:
  ///   - folder: made if it does not exist.
  ///   - keep: how many checkpoints are kept; `nil` keeps all.
  ///   - resume: whether the first training with this callback begins with the newest checkpoint of the folder.
  ///   - verbose: whether it prints a line about that.
  public init(in folder: String, keep: Int? = 5, resume: Bool = true, verbose: Bool = false) {
    self.folder = folder
    saver = Saver(keep: keep)
    resumes = resume
    self.verbose = verbose
  }

  /// Restores the newest checkpoint, if there is one.
  ///
  /// - Throws: `CheckpointError` if that is of another model, and others; `SafeTensorsError` if it is damaged.
  public func onTrainBegin(_ model: Model) throws {
    earlierEpochs += epochs
    epochs = 0
    defer { hasBegun = true }
    guard resumes, !hasBegun, let checkpoint = try Checkpoint.latest(in: folder) else { return }
    let progress = try checkpoint.value(Progress.self, for: Progress.name)
    try progress.check(checkpoint)
    try saver.restore(model.session, from: checkpoint)
    model.shuffledEpochs = progress.shuffledEpochs
    model.resumedEpochs = progress.epochs
    epochs = progress.epochs
    if verbose { print("resumed from epoch \(epochs) (\(checkpoint.path))") }
  }

  /// Saves a checkpoint.
  ///
  /// - Throws: `FileWriteError`, `CheckpointError`.
  public func onEpochEnd(_ epoch: Int, logs: Logs, _ model: Model) throws {
    epochs = epoch + 1
    let progress = Progress(epochs: epochs, shuffledEpochs: model.shuffledEpochs)
    try saver.save(
      model.session, to: folder, step: earlierEpochs + epochs, values: [Progress.name: progress])
  }

  /// How far a training has come.
  private struct Progress: Codable {
    var epochs: Int
    var shuffledEpochs: Int

    static let name = "fit"

    func check(_ checkpoint: Checkpoint) throws {
      let possible = 0..<Int.max >> 1
      guard possible.contains(epochs), possible.contains(shuffledEpochs) else {
        throw CheckpointError.invalidMetadata(
          path: checkpoint.path, name: Self.name,
          reason: "\(epochs) and \(shuffledEpochs) are not numbers of epochs")
      }
    }
  }
}
