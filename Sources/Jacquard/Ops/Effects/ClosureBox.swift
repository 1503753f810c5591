/// A Swift closure as an attribute of an op: equal to itself alone, and not to be saved.
final class ClosureBox<Function: Sendable>: Sendable, Hashable, Codable {
  let function: Function

  init(_ function: Function) { self.function = function }

  /// - Throws: `DecodingError`, always.
  init(from decoder: any Decoder) throws {
    throw DecodingError.dataCorrupted(
      DecodingError.Context(
        codingPath: decoder.codingPath,
        debugDescription: "a Swift closure cannot be loaded; build the graph in Swift"))
  }

  /// - Throws: `EncodingError`, always.
  func encode(to encoder: any Encoder) throws {
    throw EncodingError.invalidValue(
      self,
      EncodingError.Context(
        codingPath: encoder.codingPath,
        debugDescription:
          "a Swift closure cannot be saved; save a graph without custom gradients and closure calls"
      ))
  }

  static func == (a: ClosureBox, b: ClosureBox) -> Bool { a === b }

  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
