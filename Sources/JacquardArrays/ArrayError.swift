/// What can go wrong with an array at run time without being a mistake in the program.
public enum ArrayError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system has no `bytes` bytes to give.
  case allocationFailed(bytes: Int)
  /// Encoded data does not describe an array.
  case invalidEncoding(reason: String)

  /// A sentence about what was found.
  public var description: String {
    switch self {
    case .allocationFailed(let bytes):
      "could not allocate \(bytes) bytes for an array; use smaller batches or free other arrays"
    case .invalidEncoding(let reason):
      "the encoded array is invalid: \(reason)"
    }
  }
}
