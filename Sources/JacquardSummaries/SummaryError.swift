import Foundation
import Jacquard

/// Why a summary could not be written.
public enum SummaryError: Error, Equatable, Sendable {
  /// The operating system refused to make, open or write a file or folder.
  case cannotWrite(path: String, reason: String)
  /// Something was added to a writer that is closed.
  case closed(path: String)
  /// A histogram has NaN or infinite values, `count` of them.
  case notFinite(tag: String, count: Int)
  /// A scalar is an array of several elements.
  case notScalar(tag: String, type: TensorType)
  /// An image has no shape that an image can have.
  case notAnImage(tag: String, type: TensorType)
}

extension SummaryError: CustomStringConvertible {
  /// A sentence that names the file or the summary, and says what would mend it.
  public var description: String {
    switch self {
    case .cannotWrite(let path, let reason):
      "cannot write '\(path)': \(reason)"
    case .closed(let path):
      "the event file '\(path)' is closed; add summaries before close(), or open another writer"
    case .notFinite(let tag, let count):
      "the histogram '\(tag)' has \(count) values that are NaN or infinite; "
        + "find where they come from with checkNumerics, or lower the learning rate"
    case .notScalar(let tag, let type):
      "the scalar summary '\(tag)' is \(type); reduce it to one number, or add it as a histogram"
    case .notAnImage(let tag, let type):
      "the image summary '\(tag)' is \(type); give [height, width, channels] or "
        + "[batch, height, width, channels] with 1 (grey), 3 (RGB) or 4 (RGBA) channels"
    }
  }
}

extension SummaryError: LocalizedError {
  /// The same text as `description`.
  public var errorDescription: String? { description }
}
