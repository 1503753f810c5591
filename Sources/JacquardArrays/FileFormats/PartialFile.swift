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

/// A file under a temporary name, `<name>.<process>-<number>.partial`, that is to replace `<name>`.
///
/// Its writer holds a lock on it, which the system takes back when the process ends, however it
/// ends: what is not locked is nobody's any more.
package struct PartialFile: ~Copyable {
  let path: String
  let writer: FileWriter

  private static let suffix = ".partial"

  /// Makes a file beside `target` that is no one else's.
  init(for target: String) throws {
    for number in 0... {
      let path = "\(target).\(getpid())-\(number)\(Self.suffix)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor < 0 && errno == EEXIST { continue }
      guard descriptor >= 0 else { throw FileWriteError(path: target, errno) }
      let writer = FileWriter(path: target, descriptor: descriptor)
      // Who removes abandoned files may have found it before it was locked.
      guard Self.lock(descriptor) != EWOULDBLOCK, writer.isInFolder else { continue }
      self.path = path
      self.writer = writer
      return
    }
    fatalError("unreachable: the numbers do not end")
  }

  /// Removes the partial files of processes that no longer write to them.
  ///
  /// - Parameters:
  ///   - folder: where they are; nothing happens if it cannot be read.
  ///   - isWanted: whether to remove those that were to replace a file of this name.
  package static func removeAbandoned(in folder: String, for isWanted: (_ name: String) -> Bool) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
    for name in names {
      guard let target = target(ofPartial: name), isWanted(target) else { continue }
      let path = "\(folder)/\(name)"
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { continue }
      if lock(descriptor) == 0 { unlink(path) }
      close(descriptor)
    }
  }

  /// The name of the file that a partial file called `name` was to replace; `nil` for other files.
  private static func target(ofPartial name: String) -> String? {
    guard name.hasSuffix(suffix) else { return nil }
    let stem = name.dropLast(suffix.count)
    guard let dot = stem.lastIndex(of: "."), dot != stem.startIndex else { return nil }
    let numbers = stem[stem.index(after: dot)...]
      .split(separator: "-", omittingEmptySubsequences: false)
    guard numbers.count == 2, numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) })
    else { return nil }
    return String(stem[..<dot])
  }

  /// Locks a file for as long as it is open; the error code, or 0.
  private static func lock(_ descriptor: Int32) -> Int32 {
    flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
  }
}

/// Takes the bytes of a file.
package struct FileWriter: ~Copyable {
  /// The name for errors.
  private let path: String
  private let descriptor: Int32

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Appends `bytes`.
  ///
  /// - Throws: ``FileWriteError``.
  package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Self.write(descriptor, UnsafeRawBufferPointer(rebasing: rest))
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileWriteError(path: path, errno) }
      rest = rest.dropFirst(written)
    }
  }

  /// Waits until everything is on the disk.
  borrowing func synchronize() throws {
    guard fsync(descriptor) == 0 else { throw FileWriteError(path: path, errno) }
  }

  /// Whether the file still has a name.
  var isInFolder: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink > 0
  }

  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }
}

extension Character {
  /// Whether it is one of 0 to 9.
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
