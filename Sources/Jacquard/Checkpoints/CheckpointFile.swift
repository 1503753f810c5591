import Foundation

/// The files of a folder that are checkpoints by name.
struct CheckpointFile {
  var step: Int
  var path: String

  /// The name of the checkpoint of a step.
  static func name(step: Int) -> String { "checkpoint-\(step).safetensors" }

  /// The step that a file of this name is the checkpoint of; `nil` for other files.
  static func step(ofName name: String) -> Int? {
    guard name.hasPrefix("checkpoint-"), name.hasSuffix(".safetensors") else { return nil }
    let digits = name.dropFirst("checkpoint-".count).dropLast(".safetensors".count)
    // One spelling only: `+5` and `05` are numbers, too.
    guard let step = Int(digits), step >= 0, self.name(step: step) == name else { return nil }
    return step
  }

  /// The checkpoints of `folder` by ascending step; none if there is no such folder.
  ///
  /// - Throws: `FileReadError`.
  static func all(in folder: String) throws -> [CheckpointFile] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else { return [] }
    guard isFolder.boolValue else {
      throw FileReadError(path: folder, reason: "it is not a folder")
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw FileReadError(path: folder, reason: error.localizedDescription)
    }
    return names.compactMap { name in
      step(ofName: name).map { CheckpointFile(step: $0, path: "\(folder)/\(name)") }
    }.sorted { $0.step < $1.step }
  }
}
