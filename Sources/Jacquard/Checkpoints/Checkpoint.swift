import Foundation

/// A checkpoint that has been opened and found whole.
public struct Checkpoint: Sendable {
  /// The file.
  public let path: String

  let file: SafeTensorsFile
  let metadata: CheckpointMetadata

  /// Opens the file at `path`: one that ``Saver`` has written, or any safetensors file with variables under their names.
  ///
  /// Reads and checks all of it but keeps nothing except the header in memory.
  ///
  /// - Throws: `SafeTensorsError`, which says what is wrong with the file and at which byte; ``CheckpointError``; `FileReadError`.
  public init(path: String) throws {
    self.path = path
    file = try SafeTensorsFile(path: path)
    metadata = try CheckpointMetadata(file.metadata, path: path)
    // A checksum that is missing may be one whose name was damaged.
    guard metadata.step == nil || file.settlesChecksum else {
      throw CheckpointError.invalidMetadata(
        path: path, name: "jacquard.crc32", reason: "there is no such checksum")
    }
    try file.verify()
  }

  /// The checkpoint of the highest step in `folder`; `nil` if there is none, or no such folder.
  ///
  /// - Throws: ``CheckpointError/brokenLatest(reason:whole:)`` if that one is damaged, `FileReadError`.
  public static func latest(in folder: String) throws -> Checkpoint? {
    let files = try CheckpointFile.all(in: folder)
    guard let last = files.last else { return nil }
    do {
      return try Checkpoint(path: last.path)
    } catch {
      let whole = files.dropLast().last { (try? Checkpoint(path: $0.path)) != nil }
      throw CheckpointError.brokenLatest(reason: "\(error)", whole: whole?.path)
    }
  }

  /// The number of steps taken; `nil` if the file does not say, because another program has written it.
  public var step: Int? { metadata.step }

  /// The names of the variables.
  public var variableNames: [String] { file.entries.map(\.name) }

  /// What was saved under `name` with ``Saver/save(_:to:step:values:)``.
  ///
  /// - Throws: ``CheckpointError`` if there is nothing, or something else than a `T`.
  public func value<T: Decodable>(_ type: T.Type = T.self, for name: String) throws -> T {
    guard let text = metadata.values[name] else {
      throw CheckpointError.missingValue(
        path: path, name: name, known: metadata.values.keys.sorted())
    }
    do {
      return try JSONDecoder().decode(T.self, from: Data(text.utf8))
    } catch {
      throw CheckpointError.invalidMetadata(
        path: path, name: name, reason: "it is not a \(T.self)")
    }
  }
}
