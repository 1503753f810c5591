import Foundation
import JacquardArrays

/// Why a model could not be trained or used. Variables are as of the last step that was good.
public enum ModelError: Error, Sendable, Hashable {
  /// `action` needs a compiled model.
  case notCompiled(action: String)
  /// There are no examples.
  case noExamples(action: String)
  /// There are more examples than labels, or fewer.
  case countMismatch(examples: Int, labels: Int)
  /// The examples or the labels are not what the model takes.
  case wrongType(what: String, expected: String, given: String, remedy: String)
  /// An argument has a value that makes no sense.
  case invalidArgument(name: String, value: String, remedy: String)
  /// The loss or a gradient is NaN or infinite; that step was not taken. Epochs and batches count from 1.
  case notFinite(what: String, epoch: Int, batch: Int)
  /// A training step failed; it was not taken. Epochs and batches count from 1.
  case stepFailed(epoch: Int, batch: Int, reason: String)
  /// A callback watches a number that there is not.
  case unknownMonitor(name: String, known: [String])
  /// A callback sets a learning rate that the model's optimizer does not use.
  case unusedLearningRate(callback: String)
  /// A file has a graph, but it is not that of a ``Model``.
  case notAModel(file: String, reason: String)
}

extension ModelError: CustomStringConvertible {
  /// What was found, and what would mend it.
  public var description: String {
    switch self {
    case .notCompiled(let action):
      "\(action) needs to know the loss; call compile(optimizer:loss:metrics:) first"
    case .noExamples(let action):
      "\(action) was given no examples; give arrays whose first dimension is 1 or more"
    case .countMismatch(let examples, let labels):
      "there are \(examples) examples and \(labels) labels; give one label for each example"
    case .wrongType(let what, let expected, let given, let remedy):
      "the \(what) are \(given), but the model takes \(expected); \(remedy)"
    case .invalidArgument(let name, let value, let remedy):
      "\(name) is \(value); \(remedy)"
    case .notFinite(let what, let epoch, let batch):
      """
      \(what) is NaN or infinite in epoch \(epoch), batch \(batch); the step was not taken. Try a \
      lower learning rate or clipped gradients, and look for NaN in the data
      """
    case .stepFailed(let epoch, let batch, let reason):
      "epoch \(epoch), batch \(batch): \(reason)"
    case .unknownMonitor(let name, let known):
      """
      there is no '\(name)' to watch, only \(known.map { "'\($0)'" }.joined(separator: ", ")); \
      names of validation data begin with val_
      """
    case .unusedLearningRate(let callback):
      """
      \(callback) sets a learning rate that the optimizer does not use; make both with the same \
      AdjustableLearningRate
      """
    case .notAModel(let file, let reason):
      """
      '\(file)' was not saved by a Model: \(reason); load it with SavedModel(contentsOf:)
      """
    }
  }
}

extension ModelError: LocalizedError {
  /// What was found, in full.
  public var errorDescription: String? { description }
}
