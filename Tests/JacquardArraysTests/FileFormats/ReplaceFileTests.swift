import Foundation
import JacquardArrays
import TemporaryFolders
import Testing

@Suite struct ReplaceFileTests {
  private struct Stop: Error {}

  private func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func aFileIsReplacedAsAWhole() throws {
    let folder = try temporaryFolder()
    let path = folder.appendingPathComponent("file").path
    try replaceFile(at: path, with: "old")
    try replaceFile(at: path) { file in
      try Array("new ".utf8).withUnsafeBytes { try file.write($0) }
      // Not before the end.
      #expect(FileManager.default.contents(atPath: path) == Data("old".utf8))
      try Array("text".utf8).withUnsafeBytes { try file.write($0) }
    }
    #expect(FileManager.default.contents(atPath: path) == Data("new text".utf8))
    #expect(try names(in: folder) == ["file"])
  }

  @Test func aFailureLeavesTheFileAsItWas() throws {
    let folder = try temporaryFolder()
    let path = folder.appendingPathComponent("file").path
    try replaceFile(at: path, with: "old")
    #expect(throws: Stop.self) {
      try replaceFile(at: path) { file in
        try Array("new".utf8).withUnsafeBytes { try file.write($0) }
        throw Stop()
      }
    }
    #expect(FileManager.default.contents(atPath: path) == Data("old".utf8))
    #expect(try names(in: folder) == ["file"])
  }

  @Test func whatIsNotAFileCannotBeReplaced() throws {
    let folder = try temporaryFolder()
    let path = folder.appendingPathComponent("folder").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(throws: FileWriteError(path: path, reason: "Is a directory")) {
      try replaceFile(at: path, with: "text")
    }
    #expect(try names(in: folder) == ["folder"])
    let nowhere = "/nonexistent/file"
    let error = #expect(throws: FileWriteError.self) { try replaceFile(at: nowhere, with: "text") }
    #expect(error?.description == "cannot write '/nonexistent/file': No such file or directory")
    #expect(error?.localizedDescription == error?.description)
  }

  @Test func whatADeadProcessLeftIsRemoved() throws {
    let folder = try temporaryFolder()
    let others = [
      "file.partial", "file.1-.partial", "file.12.partial", "other.7-0.partial", "file.7-0",
    ]
    for name in others + ["file.4194304-0.partial", "file.1-3.partial"] {
      try Data().write(to: folder.appendingPathComponent(name))
    }
    try replaceFile(at: folder.appendingPathComponent("file").path, with: "text")
    #expect(try names(in: folder) == (others + ["file"]).sorted())
  }

  @Test func twoWritersDoNotDisturbEachOther() throws {
    let folder = try temporaryFolder()
    let path = folder.appendingPathComponent("file").path
    try replaceFile(at: path) { outer in
      try Array("outer".utf8).withUnsafeBytes { try outer.write($0) }
      try replaceFile(at: path, with: "inner")
      #expect(FileManager.default.contents(atPath: path) == Data("inner".utf8))
    }
    #expect(FileManager.default.contents(atPath: path) == Data("outer".utf8))
    #expect(try names(in: folder) == ["file"])
  }

  @Test func manyWritersAtOnce() async throws {
    let folder = try temporaryFolder()
    let path = folder.appendingPathComponent("file").path
    let texts = (0..<8).map { String(repeating: "\($0)", count: 10_000 + $0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for text in texts {
        group.addTask { for _ in 0..<20 { try replaceFile(at: path, with: text) } }
      }
      try await group.waitForAll()
    }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(texts.contains(text))
    #expect(try names(in: folder) == ["file"])
  }
}
