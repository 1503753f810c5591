#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What is wrong with an `.npy` or `.npz` file, where, and what would mend it.
public struct NumPyFileError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
  /// The file.
  public let file: String

  /// The part of an archive that is meant, or `nil` where it is the file itself.
  public let member: String?

  /// Where the mistake is, counted from the start of the file, or of the member as it is when
  /// unpacked; `nil` where it is in no one place.
  public let byte: Int?

  /// What is wrong.
  public let problem: String

  /// What would help.
  public let remedy: String

  /// All of it in one sentence.
  public var description: String {
    let place = byte.map { ", byte \($0)" } ?? ""
    let part = member.map { ", member \($0.quotedForMessage)" } ?? ""
    return "cannot read '\(file)'\(part)\(place): \(problem); \(remedy)"
  }

  /// The same sentence, for those who print `localizedDescription`.
  public var errorDescription: String? { description }
}

/// What errors of one file, or of one member of an archive, have in common.
struct FileErrorSource {
  let path: String
  var member: String?

  func error(_ problem: String, at byteOffset: Int? = nil, remedy: String) -> NumPyFileError {
    NumPyFileError(
      file: path, member: member, byte: byteOffset, problem: problem, remedy: remedy)
  }

  /// A file that stops before what it announces.
  func isCutOff(at byteOffset: Int, _ missing: String) -> NumPyFileError {
    error(
      "the file ends before \(missing)", at: byteOffset,
      remedy: "it was cut off: copy or write it again")
  }
}
