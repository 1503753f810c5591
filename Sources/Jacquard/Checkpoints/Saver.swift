import Foundation

/// Saves what a session remembers as checkpoints, and restores it.
///
/// ```swift
/// let saver = Saver(keep: 5)
/// try saver.save(session, to: "run", step: 50, values: ["data": mnist.train.position])
///
/// if let checkpoint = try Checkpoint.latest(in: "run") {  // in another process
///   try saver.restore(session, from: checkpoint)
///   try mnist.train.restore(checkpoint.value(for: "data"))
/// }
/// ```
///
/// A checkpoint holds all variables, those of optimizers included, and how often each random stream has been drawn from. With the
/// position of the data saved beside, training goes on as if it had never stopped, bit for bit.
///
/// Checkpoints are files in the safetensors format, which Python reads: the variables under their names; in the metadata
/// `jacquard.step`, `jacquard.draw_counts`, `jacquard.crc32`, and the values given to ``save(_:to:step:values:)`` as JSON. A file
/// appears under its name whole and on the disk: who kills the process while it saves finds the checkpoints of before.
public struct Saver: Sendable {
  /// How many checkpoints of a folder are kept: those of the highest steps, and the one just saved. `nil` keeps all.
  public let keep: Int?

  /// A saver that keeps the last `keep` checkpoints, at least 1, or all.
  public init(keep: Int? = 5) {
    precondition(keep.map { $0 >= 1 } ?? true, "keep is \(keep ?? 0); keep 1 or more, or nil")
    self.keep = keep
  }

  /// Saves the session to `folder/checkpoint-<step>.safetensors`, as of one moment; others may run it meanwhile.
  ///
  /// Removes older checkpoints of the folder beyond ``keep``, and what killed processes have left.
  ///
  /// - Parameters:
  ///   - session: the session, whose variables all have values.
  ///   - folder: made if it does not exist.
  ///   - step: the number of steps taken, 0 or more.
  ///   - values: what else is to be saved, by name; see ``Checkpoint/value(_:for:)``.
  /// - Returns: the path of the checkpoint.
  /// - Throws: ``SessionError/uninitializedVariables(names:)``, ``CheckpointError``, `FileWriteError`; no checkpoint is lost then.
  @discardableResult
  public func save(
    _ session: Session, to folder: String, step: Int, values: [String: any Encodable] = [:]
  ) throws -> String {
    let state = session.state
    let saved = Set(state.variables.map(\.name))
    let missing = session.variableNames.filter { !saved.contains($0) }
    guard missing.isEmpty else { throw SessionError.uninitializedVariables(names: missing) }
    let path = "\(folder)/\(CheckpointFile.name(step: step))"
    let metadata = try CheckpointMetadata(
      step: step, drawCounts: state.drawCounts, encoding: values, path: path)

    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileWriteError(path: folder, reason: "there is no such folder, and none can be made")
    }
    PartialFile.removeAbandoned(in: folder) { CheckpointFile.step(ofName: $0) != nil }
    try SafeTensors(tensors: state.variables, metadata: metadata.strings)
      .write(to: path, checksum: true)
    removeOld(in: folder, keeping: step)
    return path
  }

  private func removeOld(in folder: String, keeping saved: Int) {
    guard let keep, let files = try? CheckpointFile.all(in: folder) else { return }
    let others = files.map(\.step).filter { $0 != saved }
    for step in others.dropLast(keep - 1) {
      // What cannot be removed does no harm but to the disk.
      unlink("\(folder)/\(CheckpointFile.name(step: step))")
    }
  }
}
