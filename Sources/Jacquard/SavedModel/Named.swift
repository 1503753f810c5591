/// Values by name, in order; written as a dictionary literal: `["images": x, "labels": y]`.
public struct Named<Value: Sendable>: Sendable, ExpressibleByDictionaryLiteral,
  RandomAccessCollection
{
  private var entries: [(name: String, value: Value)]

  /// Values in the order of `entries`.
  public init(_ entries: [(name: String, value: Value)] = []) { self.entries = entries }

  /// Values in the order of the literal.
  public init(dictionaryLiteral entries: (String, Value)...) {
    self.entries = entries.map { (name: $0, value: $1) }
  }

  /// Values in the order of their names.
  public init(_ dictionary: [String: Value]) {
    entries = dictionary.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
  }

  /// The position of the first value.
  public var startIndex: Int { 0 }
  /// The position after the last value.
  public var endIndex: Int { entries.count }
  /// The name and the value at a position.
  public subscript(position: Int) -> (name: String, value: Value) { entries[position] }
  /// The value called `name`, if there is one.
  public subscript(name: String) -> Value? { entries.first { $0.name == name }?.value }
  /// The names, in order.
  public var names: [String] { entries.map(\.name) }

  /// Adds a value at the end.
  public mutating func append(_ name: String, _ value: Value) { entries.append((name, value)) }

  /// The same names with other values.
  public func mapValues<T>(_ transform: (Value) throws -> T) rethrows -> Named<T> {
    Named<T>(try entries.map { (name: $0.name, value: try transform($0.value)) })
  }

  /// The first name that occurs twice.
  var duplicate: String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }
}
