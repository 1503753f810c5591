import JacquardArrays
import Testing

@testable import Jacquard

extension Program {
  /// The program in words: one node a line, values numbered in order of appearance, regions indented.
  var text: String {
    var printer = ProgramPrinter(program: self)
    return printer.text()
  }
}

/// Writes a program as text; the same program always gives the same.
private struct ProgramPrinter {
  let program: Program
  private var names: [Value: String] = [:]
  private var lines: [String] = []

  init(program: Program) { self.program = program }

  mutating func text() -> String {
    append("program(\(program.root.parameters.map { declare($0) }.joined(separator: ", ")))", 0)
    append(program.root, depth: 1)
    return lines.joined(separator: "\n")
  }

  private mutating func append(_ line: String, _ depth: Int) {
    lines.append(String(repeating: "  ", count: depth) + line)
  }

  private mutating func append(_ block: Block, depth: Int) {
    for node in block.nodes {
      let operands = node.operands.enumerated().map { index, value in
        node.op.usesElements(ofOperand: index) ? use(value) : "shape of \(program.type(of: value))"
      }
      let results = node.results.map { declare($0) }.joined(separator: ", ")
      append("\(results) = \(words(node.op))(\(operands.joined(separator: ", ")))", depth)
      let titles =
        node.op is Conditional ? ["then", "else"] : ["while", "do"].suffix(node.regions.count)
      for (title, region) in zip(titles, node.regions) {
        let parameters = region.parameters.map { declare($0) }.joined(separator: ", ")
        append("\(title)(\(parameters))", depth + 1)
        append(region, depth: depth + 2)
      }
    }
    append("→ \(block.results.map { use($0) }.joined(separator: ", "))", depth)
  }

  private mutating func declare(_ value: Value) -> String {
    let name = "%\(names.count)"
    names[value] = name
    return "\(name) \(program.type(of: value))"
  }

  private func use(_ value: Value) -> String {
    if let name = names[value] { return name }
    guard let constant = program.constant(value) else { return "undefined" }
    return constant.count <= 4 ? "\(constant)" : "constant \(program.type(of: value))"
  }

  private func words(_ op: any Op) -> String {
    let name = type(of: op).name
    switch op {
    case let op as While:
      let scans = op.scans.map { words($0) }.joined(separator: " ")
      let stacks = op.stacks.map { words($0) }.joined(separator: " ")
      let live = op.liveRows.map { ", live rows \($0)" } ?? ""
      let maximum = op.maximumIterations.map { ", at most \($0)" } ?? ""
      return
        "\(name)[carry \(op.carriedCount), scan {\(scans)}, invariant \(op.invariantCount), stack {\(stacks)}\(maximum)\(live)]"
    case let op as MatMul:
      let flags = [op.transposeA ? "aᵀ" : nil, op.transposeB ? "bᵀ" : nil].compactMap(\.self)
      return flags.isEmpty ? name : "\(name)[\(flags.joined(separator: " "))]"
    case let op as FusedElementwise:
      let parts = op.inputs.map { "\($0.strides)" + ($0.offset == 0 ? "" : "+\($0.offset)") }
      let places = op.outputs.map {
        "\($0.buffer)\($0.strides)" + ($0.offset == 0 ? "" : "+\($0.offset)")
      }
      return
        "\(op.attributeDescription){\(parts.joined(separator: " ")) → \(places.joined(separator: " "))}"
    case let op as ArrangedConcatenate:
      func words(_ strides: [Int], _ offset: Int) -> String {
        "\(strides)" + (offset == 0 ? "" : "+\(offset)")
      }
      let parts = op.layouts.map {
        "\($0.dimensions): \(words($0.sourceStrides, $0.sourceOffset)) → \(words($0.targetStrides, $0.targetOffset))"
      }
      return "\(name){\(parts.joined(separator: "; "))}"
    default:
      let attributes = op.attributeDescription
      return attributes.isEmpty ? name : "\(name)[\(attributes)]"
    }
  }

  private func words(_ specification: ScanSpecification) -> String {
    "\(specification.axis)" + (specification.reversed ? "↓" : "")
  }
}

/// What one pass does to the program of a graph.
struct PassRun {
  let before: String
  let after: String

  /// Compiles with no pass on, and with this one alone.
  init(_ pass: any Pass, _ fetches: [Tensor]) throws {
    let name = type(of: pass).name
    let all = Set(Compiler.passes.map { type(of: $0).name })
    #expect(all.contains(name))
    before = try Self.program(fetches, disabled: all).text
    after = try Self.program(fetches, disabled: all.subtracting([name])).text
  }

  /// The program for `fetches`, every placeholder being fed as its type says; loops are cut into windows however short they are.
  static func program(
    _ fetches: [Tensor], disabled: Set<String>, windowLimits: WindowLimits? = WindowLimits.none
  ) throws -> Program {
    let graph = fetches[0].graph
    let feeds = graph.operations.filter { $0.op is Placeholder }.flatMap(\.results)
    let request = CompileRequest(
      fetches: fetches.map(\.id), targets: [],
      feeds: feeds.map { .init(value: $0.id, type: $0.type) })
    return try Compiler.program(
      for: request, feedValues: { _ in nil }, in: graph, disabledPasses: disabled,
      windowLimits: windowLimits
    ).program
  }

  /// Expects the text with the pass on.
  func expect(
    _ text: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    #expect(after == text, "\n\(after)\n", sourceLocation: sourceLocation)
  }
}
