import Testing

@Suite("Code from Markdown pages")
struct DocumentedPageTests {
  private let page = DocumentedPage(
    path: "Guides/A.md", target: "Tests/DocumentationTests/Generated/A.swift")

  private func body(_ markdown: String) throws -> String? {
    guard let text = try page.generated(from: markdown) else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.drop { !$0.hasPrefix("func") && !$0.hasPrefix("struct") }.joined(separator: "\n")
  }

  @Test("Blocks of a page share a function, and what they declare counts as used")
  func sharedFunction() throws {
    let text = try body(
      """
      Text.

      ```swift
      let a = 1
      ```
      ```sh
      let it = be
      ```
      1. An item
         ```swift
         let (b, _) = (a, 2)
           + 3
         ```
      """)
    #expect(
      text == """
        func a_code() throws {
          let a = 1

          let (b, _) = (a, 2)
            + 3
          _ = a
          _ = b
        }

        let a_runs: [(name: String, run: @Sendable () throws -> Void)] = []

        """)
  }

  @Test("Comments of the page choose the place")
  func places() throws {
    let text = try body(
      """
      <!-- code: file -->
      ```swift
      struct S {}
      ```
      <!-- code: function one, run -->
      <!-- code: hidden
      let s = S()
      -->
      ```swift
      print(s)
      ```
      <!-- code: skip, a fragment -->
      ```swift
      .package(
      ```
      """)
    #expect(
      text == """
        struct S {}

        func a_one() throws {
          let s = S()

          print(s)
          _ = s
        }

        let a_runs: [(name: String, run: @Sendable () throws -> Void)] = [("a_one", a_one)]

        """)
  }

  @Test("Code in tables")
  func tables() throws {
    let text = try body(
      """
      <!-- code: table -->
      | before | now | difference |
      |---|---|---|
      | `x()` | `f(1)`, or `try g()` | `none` |

      | `y()` | `h()` | |
      """)
    #expect(text?.hasPrefix("func a_code() throws {\n  use(f(1))\n  try use(g())\n}\n") == true)
  }

  @Test("Imports go to the top, once")
  func imports() throws {
    let text = try page.generated(
      from: "```swift\nimport Jacquard\nimport Foundation\n\nlet a = 1\n```\n")
    #expect(
      text?.contains(
        "\nimport Foundation\nimport Jacquard\nimport JacquardArrays\nimport JacquardData\nimport JacquardNN\nimport JacquardSummaries\nimport Testing\n\nfunc a_code() throws {\n  let a = 1\n"
      ) == true)
  }

  @Test("A page without code makes no file; a mistake in a comment is an error")
  func edges() throws {
    #expect(try page.generated(from: "Text\n```sh\nls\n```\n") == nil)
    #expect(throws: DocumentedPage.Malformed.self) {
      try page.generated(from: "```swift\nlet a = 1\n")
    }
    #expect(throws: DocumentedPage.Malformed.self) {
      try page.generated(from: "<!-- code: functio x -->\n")
    }
  }
}
