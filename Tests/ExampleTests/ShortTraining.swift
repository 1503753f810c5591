import Foundation

/// A training of a few steps on synthetic digits, and the drawing of its graph.
struct ShortTraining {
  /// The lines before the last two.
  let head: [String]
  /// What follows `test cost: `.
  let cost: Double?
  /// What follows `test accuracy: `.
  let accuracy: Double?
  /// The whole output.
  let output: String
  /// The graph in Graphviz's language.
  let drawing: String

  /// Runs `example`.
  ///
  /// - Parameters:
  ///   - steps: the number of training steps.
  ///   - arguments: further arguments, those of the drawing among them.
  init(_ example: String, steps: Int = 2, _ arguments: [String]) throws {
    let path = try temporaryPath("graph.dot")
    let run = try ExampleRun(
      example,
      ["--data", "/nonexistent/MNIST-data", "--steps", "\(steps)", "--dump-graph", path]
        + arguments)
    guard run.status == 0 else { throw Failure(description: run.errors) }
    func number(_ line: String?, after label: String) -> Double? {
      line.flatMap { $0.hasPrefix(label) ? Double($0.dropFirst(label.count)) : nil }
    }
    head = run.lines.dropLast(2)
    cost = number(run.lines.dropLast().last, after: "test cost: ")
    accuracy = number(run.lines.last, after: "test accuracy: ")
    output = run.output
    drawing = try String(contentsOfFile: path, encoding: .utf8)
  }

  /// What an example that failed wrote to standard error.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }
}
