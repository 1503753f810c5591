/// What was restored from a checkpoint, and what was not.
public struct RestoreReport: Sendable, Hashable {
  /// A variable whose type is not that of its tensor.
  public struct Mismatch: Sendable, Hashable {
    /// The variable.
    public let name: String
    /// Its type.
    public let declared: TensorType
    /// The type of the tensor.
    public let saved: TensorType
  }

  /// The file.
  public let path: String
  /// The variables that were given values, in the order of the graph.
  public internal(set) var restored: [String] = []
  /// The variables that the checkpoint does not have.
  public internal(set) var missing: [String] = []
  /// The tensors of the checkpoint that the graph has no variables for, by their names there.
  public internal(set) var extra: [String] = []
  /// The variables that the checkpoint has with another element type or shape.
  public internal(set) var mismatched: [Mismatch] = []

  init(path: String) { self.path = path }

  /// Whether the checkpoint and the graph have the same variables.
  public var isComplete: Bool { missing.isEmpty && extra.isEmpty && mismatched.isEmpty }
}

extension RestoreReport: CustomStringConvertible {
  /// A line about what was restored, and one for each kind of difference.
  public var description: String {
    let total = restored.count + missing.count + mismatched.count
    var lines = ["\(path): \(restored.count) of \(total) variables have their tensor"]
    if !missing.isEmpty { lines.append("  missing in the checkpoint: \(Self.list(missing))") }
    if !extra.isEmpty { lines.append("  extra in the checkpoint: \(Self.list(extra))") }
    for mismatch in mismatched {
      lines.append(
        """
          different: '\(mismatch.name)' is \(mismatch.declared), in the checkpoint \
        \(mismatch.saved)
        """)
    }
    return lines.joined(separator: "\n")
  }

  private static func list(_ names: [String]) -> String {
    names.map { "'\($0)'" }.joined(separator: ", ")
  }
}
