import Foundation

/// Why a checkpoint was not saved or restored; the session is as it was. Files that are damaged are a `SafeTensorsError`.
public enum CheckpointError: Error, Sendable, Hashable {
  /// The folder has no checkpoint.
  case noCheckpoint(folder: String)
  /// The newest checkpoint of a folder is damaged; `whole` is the newest one that is not.
  case brokenLatest(reason: String, whole: String?)
  /// The checkpoint and the graph have different variables.
  case differentVariables(RestoreReport)
  /// The mapping names what the checkpoint does not have.
  case unknownMapping(path: String, names: [String])
  /// The mapping gives two tensors to one variable.
  case mappedTwice(path: String, variable: String, names: [String])
  /// Nothing was saved under this name.
  case missingValue(path: String, name: String, known: [String])
  /// What is saved under this name is not what it should be.
  case invalidMetadata(path: String, name: String, reason: String)
  /// A value cannot be saved under this name.
  case reservedName(name: String)
  /// A value cannot be saved.
  case unencodableValue(name: String, reason: String)
  /// There is no such step.
  case invalidStep(path: String, step: Int)
}

extension CheckpointError: CustomStringConvertible, LocalizedError {
  /// What was found, and what would mend it.
  public var description: String {
    switch self {
    case .noCheckpoint(let folder):
      "'\(folder)' has no file checkpoint-<step>.safetensors; save one there, or give another folder"
    case .brokenLatest(let reason, let whole?):
      """
      the newest checkpoint is damaged: \(reason). The newest whole one is \(whole): restore that \
      one, or remove the damaged one
      """
    case .brokenLatest(let reason, nil):
      "the newest checkpoint is damaged: \(reason). No other one of its folder is whole"
    case .differentVariables(let report):
      """
      nothing was restored, since the checkpoint and the graph differ; give a mapping, or partial: \
      true to restore what fits
      \(report)
      """
    case .unknownMapping(let path, let names):
      """
      \(path): the mapping is for \(Self.list(names)), but no tensor is called like that; \
      Checkpoint(path:).variableNames lists those there are
      """
    case .mappedTwice(let path, let variable, let names):
      """
      \(path): both \(Self.list(names, " and ")) are mapped to '\(variable)'; map one of them \
      to another name
      """
    case .missingValue(let path, let name, let known):
      """
      \(path): no value was saved as '\(name)', \
      \(known.isEmpty ? "nor under any other name" : "only \(Self.list(known))"); \
      give it to save(_:to:step:values:)
      """
    case .invalidMetadata(let path, let name, let reason):
      "\(path): '\(name)' in the metadata is invalid: \(reason); use another copy of the file"
    case .reservedName(let name):
      "no value can be saved as '\(name)'; choose a name that does not begin with jacquard."
    case .unencodableValue(let name, let reason):
      "the value '\(name)' cannot be saved: \(reason); give one that JSON can hold"
    case .invalidStep(let path, let step):
      "\(path): \(step) is not a number of steps; give 0 or more"
    }
  }

  /// The same text as `description`.
  public var errorDescription: String? { description }

  private static func list(_ names: [String], _ separator: String = ", ") -> String {
    names.map { "'\($0)'" }.joined(separator: separator)
  }
}
