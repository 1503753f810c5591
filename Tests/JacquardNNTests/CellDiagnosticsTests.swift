import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// Something that cannot be built, and the words its one diagnostic has.
struct Misuse: Sendable, CustomTestStringConvertible {
  let name: String
  let words: [String]
  let build: @Sendable (Graph) -> Void

  init(_ name: String, says words: [String], build: @escaping @Sendable (Graph) -> Void) {
    self.name = name
    self.words = words
    self.build = build
  }

  var testDescription: String { name }

  /// Expects one diagnostic, at a line of `file`, with the words.
  func check(file: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) {
    let graph = Graph()
    build(graph)
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
  }
}

@Suite struct CellDiagnosticsTests {
  static let misuses = [
    Misuse(
      "another input size",
      says: ["2 elements per row", "made for 3", "basic_lstm_cell/kernel"]
    ) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [nil, 3])
      let narrow = $0.placeholder(.float32, [nil, 2])
      _ = cell(x, cell.zeroState(like: x))
      _ = cell(narrow, cell.zeroState(like: narrow))
    },
    Misuse("unknown input size", says: ["not known", "float32[?, ?]"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [nil, nil])
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("whole sequences", says: ["float32[2, 3, 4]", "rank 2", "dynamicRNN"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [2, 3, 4])
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("integer inputs", says: ["int32[2, 3]", "floating-point"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.int32, [2, 3])
      _ = cell(x, cell.zeroState(like: x, dtype: .float32))
    },
    Misuse("another dtype", says: ["float64[2, 3]", "float32"]) {
      let cell = BasicLSTMCell(units: 4, dtype: .float32)
      let x = $0.placeholder(.float64, [2, 3])
      _ = cell(x, cell.zeroState(like: x))
    },
    Misuse("a state of another size", says: ["the state's c", "float32[2, 5]", "float32[2, 4]"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [2, 3])
      _ = cell(x, BasicLSTMCell(units: 5).zeroState(like: x))
    },
    Misuse("a state of other rows", says: ["float32[3, 4]", "float32[2, 4]"]) {
      let cell = BasicLSTMCell(units: 4)
      let x = $0.placeholder(.float32, [2, 3])
      _ = cell(x, cell.zeroState(batchSize: 3, in: $0))
    },
    Misuse("no units", says: ["0 units"]) {
      let cell = BasicLSTMCell(units: 0)
      let x = $0.placeholder(.float32, [2, 3])
      _ = cell(x, cell.zeroState(like: x))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "CellDiagnosticsTests.swift") }
}
