import Foundation
import JacquardArrays

/// Why a model could not be saved, loaded or used.
public enum SavedModelError: Error, Sendable, Hashable {
  /// The file is readable, but holds arrays only, no graph.
  case noGraph(file: String)
  /// The file was written by another version of the format.
  case unsupportedFormat(file: String, format: String)
  /// What the file says of the graph makes no sense; `place` is where: `operation 12, 'rnn/MatMul'`.
  case damaged(file: String, place: String, reason: String)
  /// The graph has an op that this program does not know.
  case unknownOp(file: String, op: String, operation: String, location: String?)
  /// An operation cannot be written to a file; `location` is the line that made it.
  case cannotSave(operation: String, op: String, location: String?, reason: String)
  /// The inputs, outputs and training steps do not fit the graph.
  case invalidSignature(reason: String)
  /// The model has nothing of that name; `kind` is `input`, `output`, or `training step`.
  case unknownName(kind: String, name: String, known: [String])
  /// What is to be computed needs an input that was not given.
  case missingInput(name: String, type: TensorType, given: [String])
  /// Of two values for one input, one is too many.
  case duplicateInput(name: String)
}

extension SavedModelError: CustomStringConvertible, LocalizedError {
  /// What was found, and what would mend it.
  public var description: String {
    switch self {
    case .noGraph(let file):
      """
      '\(file)' holds arrays, but no graph; give a file that SavedModel.save wrote, or build the \
      graph in Swift and restore the arrays with a Saver
      """
    case .unsupportedFormat(let file, let format):
      """
      '\(file)' has a graph of format '\(format)', and this version of Jacquard reads format \
      \(SavedModel.format); use the version that wrote the file
      """
    case .damaged(let file, let place, let reason):
      "'\(file)' is damaged: \(place): \(reason); save the model again"
    case .unknownOp(let file, let op, let operation, let location):
      """
      '\(file)' has an operation '\(operation)'\(Self.made(location)) of the op '\(op)', which this \
      program does not know; if it is an op of your own, pass its type: \
      SavedModel(contentsOf: …, ops: [\(op).self])
      """
    case .cannotSave(let operation, let op, let location, let reason):
      "\(location.map { "\($0): " } ?? "")\(op) '\(operation)' cannot be saved: \(reason)"
    case .invalidSignature(let reason): "the model cannot be saved like this: \(reason)"
    case .unknownName(let kind, let name, let known):
      "the model has no \(kind) '\(name)'; \(Self.alternatives(kind, name, known))"
    case .missingInput(let name, let type, let given):
      """
      the input '\(name)', \(type), was not given, and what is to be computed needs it; \
      \(given.isEmpty ? "none was given" : "given were \(Self.list(given))")
      """
    case .duplicateInput(let name): "the input '\(name)' was given twice; give it once"
    }
  }

  /// What was found, in full.
  public var errorDescription: String? { description }

  private static func made(_ location: String?) -> String {
    location.map { ", made at \($0)," } ?? ""
  }

  private static func list(_ names: [String]) -> String {
    names.map { "'\($0)'" }.joined(separator: ", ")
  }

  private static func alternatives(_ kind: String, _ name: String, _ known: [String]) -> String {
    if known.isEmpty { return "it was saved without any" }
    let all = "it has \(list(known))"
    return known.nearest(to: name).map { "did you mean '\($0)'? \(all)" } ?? all
  }
}

extension SavedModelError {
  /// A failure to write, in the user's terms.
  init(writing error: GraphDocumentError) {
    switch error {
    case .unwritable(let op, let operation, let location, let reason):
      self = .cannotSave(operation: operation, op: op, location: location, reason: reason)
    case .damaged(let place, let reason):
      self = .invalidSignature(reason: "\(place): \(reason); save what is complete")
    case .unknownOp(let op, let operation, let location):
      self = .cannotSave(
        operation: operation, op: op, location: location, reason: "the op is not known")
    }
  }

  /// A failure to read `file`, in the user's terms.
  init(reading error: GraphDocumentError, file: String) {
    switch error {
    case .unknownOp(let op, let operation, let location):
      self = .unknownOp(file: file, op: op, operation: operation, location: location)
    case .damaged(let place, let reason):
      self = .damaged(file: file, place: place, reason: reason)
    case .unwritable(let op, let operation, _, let reason):
      self = .damaged(file: file, place: "\(op) '\(operation)'", reason: reason)
    }
  }
}
