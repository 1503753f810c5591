import Foundation

/// The Swift code of a Markdown page, as a Swift file that the tests compile.
///
/// Blocks of a page go into one function, in their order, so that a later block uses what an earlier
/// one declared. Comments in the page say otherwise:
///
/// - `<!-- code: function NAME -->`: what follows goes into a function of this name;
/// - `<!-- code: function NAME, run -->`: which the tests also run;
/// - `<!-- code: file -->`: what follows stands at the level of the file;
/// - `<!-- code: hidden`, lines of Swift, `-->`: lines that readers do not need;
/// - `<!-- code: table -->`: what stands in backquotes in the second column of the next table is
///   compiled, too, a row at a time;
/// - `<!-- code: skip, REASON -->`: the next block is not compiled.
///
/// `bash Scripts/documentation-code.sh` writes the files anew.
struct DocumentedPage {
  /// The page and the file, relative to the root of the package.
  let path: String
  let target: String

  /// Where the parts of code go.
  private enum Place: Hashable {
    case file
    case function(String, isRun: Bool)
  }

  private struct Part {
    var place: Place
    var lines: [String]

    /// - Parameter indentation: How far the block is indented, in a list.
    init(place: Place, lines: [String], indentation: Int) {
      self.place = place
      self.lines = lines.map { line in
        String(line.dropFirst(min(indentation, line.prefix { $0 == " " }.count)))
      }
    }
  }

  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// The Swift file for the Markdown text `page`, or `nil` where it has no Swift code.
  func generated(from page: String) throws -> String? {
    let parts = try parts(of: page)
    guard !parts.isEmpty else { return nil }
    let isTest = target.hasPrefix("Tests/JacquardTests/")
    var imports = isTest ? ["JacquardArrays"] : []
    imports.append("Testing")
    var bodies: [(place: Place, lines: [String])] = []
    for part in parts {
      var lines = part.lines
      while let line = lines.first, line.hasPrefix("import ") || line.isEmpty {
        if !line.isEmpty { imports.append(String(line.dropFirst("import ".count))) }
        lines.removeFirst()
      }
      if part.place != .file, let index = bodies.firstIndex(where: { $0.place == part.place }) {
        bodies[index].lines += [""] + lines
      } else {
        bodies.append((part.place, lines))
      }
    }
    if !isTest {
      imports += ["Jacquard", "JacquardArrays", "JacquardData", "JacquardNN", "JacquardSummaries"]
    }
    var text = """
      // swift-format-ignore-file
      // The code of \(path); bash Scripts/documentation-code.sh writes this file.

      """
    if isTest { text += "@testable import Jacquard\n" }
    for module in Set(imports).sorted() { text += "import \(module)\n" }
    var runs: [String] = []
    for (place, lines) in bodies {
      switch place {
      case .file:
        text += "\n" + lines.joined(separator: "\n") + "\n"
      case .function(let name, let isRun):
        let function = "\(identifier)_\(name)"
        if isRun { runs.append(function) }
        let uses = Self.constants(in: lines).map { "_ = \($0)" }
        text += "\nfunc \(function)() throws {\n"
        for line in lines + uses { text += line.isEmpty ? "\n" : "  \(line)\n" }
        text += "}\n"
      }
    }
    if !isTest {
      let entries = runs.map { "(\"\($0)\", \($0))" }.joined(separator: ", ")
      text +=
        "\nlet \(identifier)_runs: [(name: String, run: @Sendable () throws -> Void)] = [\(entries)]\n"
    }
    return text
  }

  /// The name of the page, to begin the names of functions with.
  var identifier: String {
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    return name == name.uppercased()
      ? name.lowercased() : name.prefix(1).lowercased() + name.dropFirst()
  }

  private func parts(of page: String) throws -> [Part] {
    var parts: [Part] = []
    var place = Place.function("code", isRun: false)
    var isSkipped = false
    var lines = page.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]

    func until(_ end: String, _ what: String) throws -> [String] {
      guard let index = lines.firstIndex(where: { $0.trimmingCharacters(in: .whitespaces) == end })
      else { throw Malformed(description: "\(path): \(what) without '\(end)'") }
      defer { lines = lines[(index + 1)...] }
      return Array(lines[..<index])
    }

    while let line = lines.popFirst() {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      let indentation = line.count - line.drop { $0 == " " }.count
      if trimmed == "```swift" {
        let block = try until("```", "a block")
        if !isSkipped {
          parts.append(Part(place: place, lines: block, indentation: indentation))
        }
        isSkipped = false
      } else if trimmed.hasPrefix("```") {
        _ = try until("```", "a block")
      } else if trimmed == "<!-- code: hidden" {
        parts.append(
          Part(place: place, lines: try until("-->", "hidden code"), indentation: indentation))
      } else if trimmed.hasPrefix("<!-- code: ") {
        guard trimmed.hasSuffix(" -->") else { throw Malformed(description: "\(path): \(trimmed)") }
        let words = trimmed.dropFirst("<!-- code: ".count).dropLast(" -->".count)
        if words == "file" {
          place = .file
        } else if words == "table" {
          let rows = lines.prefix { $0.hasPrefix("|") }.dropFirst(2)
          parts.append(Part(place: place, lines: rows.flatMap(Self.code), indentation: 0))
        } else if words.hasPrefix("skip, ") {
          isSkipped = true
        } else if words.hasPrefix("function ") {
          let parts = words.dropFirst("function ".count).components(separatedBy: ", ")
          place = .function(parts[0], isRun: parts.dropFirst() == ["run"])
        } else {
          throw Malformed(description: "\(path): \(trimmed)")
        }
      }
    }
    return parts
  }

  /// The expressions in the second column of a row.
  private static func code(inRow row: String) -> [String] {
    let column = row.split(separator: "|", omittingEmptySubsequences: false).dropFirst(2).first
    let spans = (column ?? "").split(separator: "`", omittingEmptySubsequences: false)
    return spans.indices.filter { $0 % 2 == 1 }.map { index in
      spans[index].hasPrefix("try ")
        ? "try use(\(spans[index].dropFirst("try ".count)))" : "use(\(spans[index]))"
    }
  }

  /// The names that the lines declare at the outermost level; a reader may leave them unused.
  private static func constants(in lines: [String]) -> [String] {
    lines.flatMap { line -> [String] in
      guard
        let rest = ["let ", "var "].first(where: line.hasPrefix).map({ line.dropFirst($0.count) })
      else { return [] }
      let names =
        rest.hasPrefix("(")
        ? rest.dropFirst().prefix { $0 != ")" } : rest.prefix { !":= ".contains($0) }
      return names.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        .map { String($0.split(separator: ":").last!).trimmingCharacters(in: .whitespaces) }
        .filter { $0 != "_" }
    }
  }

  // MARK: - All pages

  /// The pages of the package at `root` that have Swift code, with the files they make.
  static func all(in root: URL) throws -> [(page: DocumentedPage, text: String)] {
    try paths(in: root).compactMap { path in
      let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
      // What a contributor adds to the package sees its internals and those of the tests.
      let folder =
        path == "CONTRIBUTING.md" ? "JacquardTests/Generated" : "DocumentationTests/Generated"
      let page = DocumentedPage(path: path, target: "Tests/\(folder)/\(name).swift")
      let markdown = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      return try page.generated(from: markdown).map { (page, $0) }
    }
  }

  /// All Markdown files of the package but those of Git and of builds.
  private static func paths(in root: URL) throws -> [String] {
    let files = FileManager.default
    var paths: [String] = []
    for entry in try files.contentsOfDirectory(atPath: root.path).sorted()
    where !entry.hasPrefix(".") {
      if entry.hasSuffix(".md") { paths.append(entry) }
      guard ["Sources", "Tests", "Examples", "Benchmarks"].contains(entry) else { continue }
      let folder = root.appendingPathComponent(entry)
      let below = files.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
      paths += below.filter { $0.hasSuffix(".md") }.sorted().map { "\(entry)/\($0)" }
    }
    return paths
  }

  /// A list of what the tests run, for the pages of `DocumentationTests`.
  static func index(of pages: [DocumentedPage]) -> String {
    let own = pages.filter { $0.target.hasPrefix("Tests/DocumentationTests/") }
    return """
      // swift-format-ignore-file
      // bash Scripts/documentation-code.sh writes this file.

      let documentedRuns = [\(own.map { "\($0.identifier)_runs" }.joined(separator: ", "))].flatMap { $0 }

      """
  }

  static let indexTarget = "Tests/DocumentationTests/Generated/DocumentedRuns.swift"
}
