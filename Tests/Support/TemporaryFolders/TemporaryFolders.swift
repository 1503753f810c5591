import Foundation

/// What tests write, which is removed when the process ends.
private let root: URL = {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("jacquard-tests-\(UUID().uuidString)")
  try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  atexit { try? FileManager.default.removeItem(at: root) }
  return folder
}()

/// A path at which there is nothing yet.
public func temporaryPath() -> String { root.appendingPathComponent(UUID().uuidString).path }

/// A fresh folder.
public func temporaryFolder() throws -> URL {
  let folder = URL(fileURLWithPath: temporaryPath(), isDirectory: true)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  return folder
}
