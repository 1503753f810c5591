#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What is wrong with a safetensors file, or with what was to be written to one.
public struct SafeTensorsError: Error, Hashable, Sendable {
  /// The file.
  public let file: String
  /// Where in the file, in bytes from its start; `nil` if it is not about a place.
  public let byte: Int?
  /// What was found.
  public let problem: String
  /// What would mend it.
  public let remedy: String

  /// The remedy for a file whose bytes have changed or are missing.
  static let useAnother = "use another copy of the file"
}

extension SafeTensorsError: CustomStringConvertible, LocalizedError {
  /// The file, the place, what was found, and what would mend it.
  public var description: String {
    "\(file): \(byte.map { "byte \($0): " } ?? "")\(problem); \(remedy)"
  }

  /// The same text as `description`.
  public var errorDescription: String? { description }
}

extension String {
  /// The string in quotation marks for a message: not too long, and without control characters.
  var quotedForMessage: String {
    let shown = prefix(80).unicodeScalars.map { scalar in
      scalar.value < 0x20 || scalar.value == 0x7F
        ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return "'\(shown.joined())\(unicodeScalars.count > 80 ? "…" : "")'"
  }
}
