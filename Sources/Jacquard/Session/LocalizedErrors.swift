import Foundation

// Without these, `localizedDescription` says only that an error occurred.

extension GraphError: LocalizedError {
  /// What is wrong, in full.
  public var errorDescription: String? { description }
}

extension SessionError: LocalizedError {
  /// What is wrong, in full.
  public var errorDescription: String? { description }
}
