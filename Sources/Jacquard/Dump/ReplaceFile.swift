#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that could not be written.
public struct FileWriteError: Error, CustomStringConvertible {
  /// The file.
  public let path: String
  /// Why, as the system puts it.
  public let reason: String

  /// The path and the reason.
  public var description: String { "cannot write '\(path)': \(reason)" }
}

/// Writes `text` beside `path` under a name of its own, then puts it in place of `path`.
///
/// - Throws: ``FileWriteError``; the file at `path` is then as it was.
func replaceFile(at path: String, with text: String) throws {
  let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).partial"
  guard let file = fopen(temporary, "w") else { throw FileWriteError(path: path) }
  var text = text
  var isWritten = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
  isWritten = fclose(file) == 0 && isWritten
  guard isWritten && rename(temporary, path) == 0 else {
    let error = FileWriteError(path: path)
    unlink(temporary)
    throw error
  }
}

extension FileWriteError {
  /// The error that the system has just reported.
  fileprivate init(path: String) {
    self.init(path: path, reason: String(cString: strerror(errno)))
  }
}
