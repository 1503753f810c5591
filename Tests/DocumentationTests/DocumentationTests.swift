import Foundation
import Testing

/// Takes what the code of a table gives, if only `Void`.
func use<Value>(_ value: Value) {}

@Suite("The code of README, CONTRIBUTING and the guides")
struct DocumentationTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test(
    "What is compiled is what the pages show; bash Scripts/documentation-code.sh writes it anew")
  func generatedFiles() throws {
    let pages = try DocumentedPage.all(in: Self.root)
    #expect(pages.count >= 4)
    var expected = Dictionary(uniqueKeysWithValues: pages.map { ($0.page.target, $0.text) })
    expected[DocumentedPage.indexTarget] = DocumentedPage.index(of: pages.map(\.page))
    for (target, text) in expected.sorted(by: { $0.key < $1.key }) {
      let file = Self.root.appendingPathComponent(target)
      let found = try String(contentsOf: file, encoding: .utf8)
      #expect(found == text, "\(target) is not what its page says now")
    }
    for folder in ["Tests/DocumentationTests/Generated", "Tests/JacquardTests/Generated"] {
      let path = Self.root.appendingPathComponent(folder).path
      for name in try FileManager.default.contentsOfDirectory(atPath: path) {
        #expect(expected["\(folder)/\(name)"] != nil, "no page makes \(folder)/\(name)")
      }
    }
  }

  @Test("What a page says about its code", arguments: documentedRuns.map(\.name))
  func runs(name: String) throws {
    try #require(documentedRuns.first { $0.name == name }).run()
  }
}
