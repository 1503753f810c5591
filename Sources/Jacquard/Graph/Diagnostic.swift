/// What is wrong with an operation, found while the graph was built or when shapes were fed.
public struct Diagnostic: Sendable, CustomStringConvertible {
  /// The scoped name of the operation: `rnn/MatMul`.
  public let operation: String
  /// The op: `MatMul`.
  public let op: String
  /// The operand types.
  public let operandTypes: [TensorType]
  /// What was found.
  public let message: String
  /// What would mend it.
  public let remedy: String?
  let location: SourceLocation

  /// The user's file as `Module/File.swift`, or the last two components of its path; `nil` if unknown.
  public var file: String? { location.resolved()?.file }
  /// The user's line; `nil` if unknown.
  public var line: Int? { location.resolved()?.line }

  /// A short form for errors and dumps.
  public var description: String {
    let place = location.resolved().map { "\($0.file):\($0.line): " } ?? ""
    let operands =
      operandTypes.isEmpty
      ? "" : " of " + operandTypes.map(\.description).joined(separator: ", ")
    var text = "\(place)\(op) '\(operation)'\(operands): \(message)"
    if let remedy { text += "; to mend it, \(remedy)" }
    return text
  }
}

/// Everything that is wrong with a graph, at once.
public struct GraphError: Error, Sendable, CustomStringConvertible {
  /// The diagnostics, in program order.
  public let diagnostics: [Diagnostic]

  /// A short form for errors and dumps.
  public var description: String {
    let count = diagnostics.count
    let heading = count == 1 ? "the graph has an error:" : "the graph has \(count) errors:"
    return ([heading] + diagnostics.map { "  \($0)" }).joined(separator: "\n")
  }
}
