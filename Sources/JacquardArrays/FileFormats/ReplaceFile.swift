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

/// Writes `text` beside `path` under a name of its own, then puts it in place of `path`.
///
/// - Throws: ``FileWriteError``, as ``replaceFile(at:writing:)`` does.
package func replaceFile(at path: String, with text: String) throws {
  var text = text
  try replaceFile(at: path) { file in
    try text.withUTF8 { try file.write(UnsafeRawBufferPointer($0)) }
  }
}

/// Writes a file beside `path` under a name of its own, then puts it in place of `path`.
///
/// Whoever opens `path` meanwhile finds the old file or the new one, whole; so does whoever opens it
/// after this process was killed or the power failed. What killed processes have left of earlier
/// attempts at `path` is removed.
///
/// - Parameters:
///   - path: the file, which need not exist; its folder does.
///   - body: writes the contents.
/// - Throws: ``FileWriteError``, and what `body` throws; the file at `path` is then as it was.
package func replaceFile(
  at path: String, writing body: (borrowing FileWriter) throws -> Void
) throws {
  let (folder, name) = folderAndName(of: path)
  PartialFile.removeAbandoned(in: folder) { $0 == name }
  let partial = try PartialFile(for: path)
  do {
    try body(partial.writer)
    try partial.writer.synchronize()
    guard rename(partial.path, path) == 0 else { throw FileWriteError(path: path, errno) }
  } catch {
    unlink(partial.path)
    throw error
  }
  try synchronizeFolder(folder)
}

/// Makes what was renamed, added or removed in `folder` outlast a power failure.
///
/// - Throws: ``FileWriteError``.
package func synchronizeFolder(_ folder: String) throws {
  let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileWriteError(path: folder, errno) }
  defer { close(descriptor) }
  // Some file systems cannot, and say EINVAL.
  guard fsync(descriptor) == 0 || errno == EINVAL else {
    throw FileWriteError(path: folder, errno)
  }
}

/// The folder that `path` is in, and its name there.
func folderAndName(of path: String) -> (folder: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return (".", path) }
  let folder = path[..<slash]
  return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
}

/// A file that could not be written.
public struct FileWriteError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
  /// The file, or the folder.
  public let path: String
  /// Why, as the system puts it.
  public let reason: String

  /// A file that could not be written.
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// What the system has just reported.
  init(path: String, _ code: Int32) {
    self.init(path: path, reason: String(cString: strerror(code)))
  }

  /// The path and the reason.
  public var description: String { "cannot write '\(path)': \(reason)" }

  /// The same text as `description`.
  public var errorDescription: String? { description }
}
