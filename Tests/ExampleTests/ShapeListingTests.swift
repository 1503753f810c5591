import Foundation
import Testing

/// The listings without data: what they print is theirs alone.
@Suite struct ShapeListingTests {
  /// The numbers with a decimal point in `text`, in order.
  private static func numbers(_ text: some StringProtocol) -> [Double] {
    String(text).matches(of: /-?\d+\.\d*(?:e[+-]?\d+)?/).compactMap { Double($0.output) }
  }

  /// What stands between the line `heading` and the next of `headings`, or the end.
  private static func numbers(of run: ExampleRun, below heading: String) -> [Double] {
    let below = run.lines.drop { $0 != heading }.dropFirst()
    return numbers(below.prefix { $0.first?.isLetter != true }.joined(separator: "\n"))
  }

  @Test("dynamic-rnn-shapes prints the shapes of the article")
  func shapes() throws {
    let run = try ExampleRun("dynamic-rnn-shapes")
    #expect(run.status == 0, "\(run.errors)")
    let wanted = [
      "output_size: 128", "state_size: LSTMState(c: 128, h: 128)", "output.shape: [32, 40, 128]",
      "len of state tuple 2", "state.h.shape: [32, 128]", "state.c.shape: [32, 128]",
    ]
    #expect(run.lines == wanted)
  }

  @Test("variable-length: zeros past the end, states equal to the last valid output")
  func variableLength() throws {
    let run = try ExampleRun("variable-length")
    #expect(run.status == 0, "\(run.errors)")
    let x = Self.numbers(of: run, below: "X:")
    #expect(x.count == 2 * 4 * 5)
    #expect(x.prefix(25).allSatisfy { $0 != 0 })
    #expect(x.suffix(15).allSatisfy { $0 == 0 })

    let full = Self.numbers(of: run, below: "full sequence:")
    let short = Self.numbers(of: run, below: "short sequence:")
    #expect(full.count == 12 && full.allSatisfy { $0 != 0 && abs($0) < 1 })
    #expect(short.count == 12 && short.prefix(3).allSatisfy { $0 != 0 })
    #expect(short.dropFirst(3).allSatisfy { $0 == 0 })
    let state = Self.numbers(of: run, below: "LSTM state: 2")
    #expect(state == Array(full.suffix(3) + short.prefix(3)))

    let gruFull = Self.numbers(of: run, below: "GRU full sequence:")
    let gruShort = Self.numbers(of: run, below: "GRU short sequence:")
    #expect(gruFull.count == 12 && gruFull.allSatisfy { $0 != 0 && abs($0) < 1 })
    #expect(gruShort.count == 12 && gruShort.prefix(3).allSatisfy { $0 != 0 })
    #expect(gruShort.dropFirst(3).allSatisfy { $0 == 0 })
    let gruState = Self.numbers(of: run, below: "GRU state: 2")
    #expect(gruState == Array(gruShort.prefix(3)))

    let again = try ExampleRun("variable-length", "--seed", "2")
    #expect(again.output != run.output)
  }

  @Test("time-major: the last of three outputs is h")
  func timeMajor() throws {
    let run = try ExampleRun("time-major")
    #expect(run.status == 0, "\(run.errors)")
    let numbers = Self.numbers(run.output)
    #expect(numbers.count == 3 * 4 * 5 + 2 * 4 * 5)
    #expect(numbers.allSatisfy { $0 != 0 })
    #expect(numbers[40..<60].elementsEqual(numbers[80..<100]))
    #expect(!numbers[20..<40].elementsEqual(numbers[40..<60]))
  }

  @Test("deep-lstm: the last of three outputs is h of the second cell")
  func deepLSTM() throws {
    let run = try ExampleRun("deep-lstm")
    #expect(run.status == 0, "\(run.errors)")
    let numbers = Self.numbers(run.output)
    #expect(numbers.count == 3 * 4 * 5 + 4 * 4 * 5)
    #expect(numbers[40..<60].elementsEqual(numbers[120..<140]))
    #expect(!numbers[40..<60].elementsEqual(numbers[80..<100]))
  }

  @Test("multi-cell-step: the output of the last cell, and c and h of each")
  func multiCellStep() throws {
    let run = try ExampleRun("multi-cell-step")
    #expect(run.status == 0, "\(run.errors)")
    let states = run.lines.filter { $0.hasPrefix("[LSTMState") }
    #expect(states.count == 1)
    for units in [100, 400, 300] {
      #expect(states.first?.matches(of: try Regex("float32\\[10, \(units)\\]")).count == 2)
    }
    #expect(run.lines.contains { $0.hasPrefix("Tensor(") && $0.hasSuffix("float32[10, 300])") })
    let pairs = run.lines.suffix(3)
    #expect(
      pairs == [
        "c: [10, 100] h: [10, 100]", "c: [10, 400] h: [10, 400]", "c: [10, 300] h: [10, 300]",
      ])
    // Of 10 rows of 300, NumPy's form shows 6 corners of 6.
    let output = Self.numbers(run.lines.drop { !$0.hasPrefix("[[") }.joined(separator: "\n"))
    #expect(output.count == 36 && output.allSatisfy { $0 != 0 && abs($0) < 1 })
  }

  @Test(
    "draws the graph that is kept in Graphs/",
    arguments: [
      "deep-lstm", "dynamic-rnn-shapes", "multi-cell-step", "time-major", "variable-length",
    ])
  func drawing(_ name: String) throws {
    let path = try temporaryPath("\(name).dot")
    let run = try ExampleRun(name, "--dump-forward", "--dump-graph", path)
    #expect(run.status == 0, "\(run.errors)")
    let drawn = try String(contentsOfFile: path, encoding: .utf8)
    #expect(
      try drawn == storedGraph("\(name).dot"), "regenerate with bash Scripts/graphs.sh, and look")
  }
}
