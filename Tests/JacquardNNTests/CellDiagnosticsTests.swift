import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// Something that cannot be built, and the words and the line its one diagnostic has.
struct Misuse: Sendable, CustomTestStringConvertible {
  let name: String
  let words: [String]
  /// Misuses something; returns the line that does, if that is to be checked.
  let build: @Sendable (Graph) -> UInt?

  init(_ name: String, says words: [String], build: @escaping @Sendable (Graph) -> Void) {
    self.init(name: name, words: words) {
      build($0)
      return nil
    }
  }

  private init(name: String, words: [String], build: @escaping @Sendable (Graph) -> UInt?) {
    self.name = name
    self.words = words
    self.build = build
  }

  /// A misuse at the line that `build` returns.
  static func located(
    _ name: String, says words: [String], build: @escaping @Sendable (Graph) -> UInt
  ) -> Misuse {
    Misuse(name: name, words: words) { build($0) }
  }

  var testDescription: String { name }

  /// Expects one diagnostic, at a line of `file`, with the words.
  func check(file: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) {
    let graph = Graph()
    let line = build(graph)
    let diagnostics = graph.diagnostics
    #expect(
      diagnostics.count == 1, "\(diagnostics.map(\.description))", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        diagnostics.first?.description.contains(word) == true,
        "'\(word)' is not in '\(diagnostics.first?.description ?? "")'",
        sourceLocation: sourceLocation)
    }
    #expect(diagnostics.first?.remedy != nil, sourceLocation: sourceLocation)
    #expect(
      diagnostics.first?.file?.hasSuffix(file) == true, "\(diagnostics.first?.file ?? "no file")",
      sourceLocation: sourceLocation)
    if let line {
      #expect(diagnostics.first?.line == Int(line), sourceLocation: sourceLocation)
    }
  }
}

/// The line of the call: the misuse stands in the arguments.
func line<T>(of _: T, line: UInt = #line) -> UInt { line }

/// The line below that of the call, for misuses that take more than one line.
func lineBelow<T>(of _: T, line: UInt = #line) -> UInt { line + 1 }

/// A value and the line of the call.
func located<T>(_ value: T, line: UInt = #line) -> (T, UInt) { (value, line) }

@Suite struct CellDiagnosticsTests {
  static let misuses = [
    Misuse.located(
      "another input size",
      says: ["2 elements per row", "made for 3", "basic_lstm_cell/kernel"]
    ) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [nil, 3])
      let narrow = $0.placeholder(.float32, [nil, 2])
      _ = cell(x, cell.zeroState(like: x))
      return line(of: cell(narrow, cell.zeroState(like: narrow)))
    },
    Misuse.located("unknown input size", says: ["not known", "float32[?, ?]"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [nil, nil])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("whole sequences", says: ["float32[2, 3, 4]", "rank 2", "dynamicRNN"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [2, 3, 4])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located("integer inputs", says: ["int32[2, 3]", "floating-point"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.int32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x, dtype: .float32)))
    },
    Misuse.located("another dtype", says: ["float64[2, 3]", "float32"]) {
      let cell = BasicLSTMCell(units: 4, dtype: .float32)
      let x = $0.placeholder(.float64, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
    Misuse.located(
      "a state of another size", says: ["the state's c", "float32[2, 5]", "float32[2, 4]"]
    ) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, BasicLSTMCell(units: 5).zeroState(like: x)))
    },
    Misuse.located("a state of other rows", says: ["float32[3, 4]", "float32[2, 4]"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(batchSize: 3, in: $0)))
    },
    Misuse.located("no units", says: ["0 units"]) {
      let cell = BasicLSTMCell(units: 0)
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: cell(x, cell.zeroState(like: x)))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "CellDiagnosticsTests.swift") }
}
