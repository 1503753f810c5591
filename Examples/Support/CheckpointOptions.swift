import ArgumentParser
import Jacquard
import JacquardData
import JacquardNN

/// The options of examples that save what they have learnt.
public struct CheckpointOptions: ParsableArguments {
  /// The folder of the checkpoints; `nil` if none are wanted.
  @Option(
    name: .customLong("checkpoint"),
    help: "Save checkpoints to this folder, and go on from the newest that is there.")
  public var folder: String?

  @Option(
    help: "The number of steps from one checkpoint to the next; Keras models save after an epoch.")
  var saveEvery = 100

  /// The options as they are if none is given.
  public init() {}

  /// Tells which option makes no sense.
  public func validate() throws {
    if saveEvery < 1 { throw ValidationError("--save-every is \(saveEvery); give 1 or more.") }
    if folder == "" { throw ValidationError("--checkpoint is empty; give a folder.") }
  }

  /// What saves a model after each epoch, if checkpoints are wanted.
  public var callbacks: [any Callback] {
    folder.map { [ModelCheckpoint(in: $0, verbose: true)] } ?? []
  }

  /// The newest checkpoint, if checkpoints are wanted and there is one.
  ///
  /// - Parameter run: the name of a folder in that of the checkpoints, for examples that train more than once.
  /// - Throws: what is wrong with it.
  public func latest(_ run: String? = nil) throws -> Checkpoint? {
    try path(run).flatMap { try Checkpoint.latest(in: $0) }
  }

  /// Saves a checkpoint, if it is time after `step` of `count` steps.
  ///
  /// - Parameters:
  ///   - session: what is saved.
  ///   - run: as for ``latest(_:)``.
  ///   - step: the number of steps taken.
  ///   - count: the number of steps of the whole training.
  ///   - values: what else is needed to go on.
  /// - Throws: what is wrong with the folder.
  public func saveIfDue(
    _ session: Session, _ run: String? = nil, step: Int, of count: Int,
    values: @autoclosure () -> [String: any Encodable]
  ) throws {
    guard let path = path(run), step % saveEvery == 0 || step == count else { return }
    try Saver().save(session, to: path, step: step, values: values())
  }

  /// Restores the newest checkpoint, if there is one.
  ///
  /// - Parameters:
  ///   - session: what is restored.
  ///   - data: what the batches come from; its position is restored, too.
  /// - Returns: where it goes on; `nil` if there is no checkpoint.
  func resume(_ session: Session, _ data: DataSet) throws -> (step: Int, path: String)? {
    guard let checkpoint = try latest() else { return nil }
    let position = try checkpoint.value(DataSet.Position.self, for: "data")
    try Saver().restore(session, from: checkpoint)
    try data.restore(position)
    return (checkpoint.step ?? 0, checkpoint.path)
  }

  private func path(_ run: String?) -> String? {
    folder.map { folder in run.map { "\(folder)/\($0)" } ?? folder }
  }
}
