import Jacquard
import Synchronization

/// What an object makes once for each graph it is used in: the weights of a cell or a layer.
///
/// ```swift
/// let weights = PerGraph<Weights>()
/// let (kernel, bias) = weights.value(in: graph) { makeWeights() }   // makes them at the first call only
/// ```
///
/// Keeps the graphs alive as long as it lives itself.
public final class PerGraph<Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    let graph: Graph
    let value: Value
  }

  // Looked up by key only.
  private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

  /// Nothing made yet.
  public init() {}

  /// What was made for `graph`, or else what `make` makes now.
  public func value(in graph: Graph, orMake make: () -> Value) -> Value {
    entries.withLock { entries in
      if let known = entries[ObjectIdentifier(graph)] { return known.value }
      let value = make()
      entries[ObjectIdentifier(graph)] = Entry(graph: graph, value: value)
      return value
    }
  }
}
