import JacquardArrays
import Synchronization

/// A symbolic computation: placeholders, variables and operations, appended and never edited.
///
/// Building never stops the process and needs no `try`: what cannot be built is recorded, with the line that asked for
/// it, and ``validate()`` or the first run reports all of it at once. A graph may be built from several threads.
public final class Graph: Sendable {
  private let state: Mutex<GraphState>

  /// What all random streams of the graph derive from, together with the names of the drawing operations.
  public let seed: UInt64

  /// An empty graph.
  ///
  /// - Parameter seed: makes random operations draw other numbers; equal seeds give equal results.
  public convenience init(seed: UInt64 = 0) { self.init(seed: seed, state: GraphState()) }

  /// A graph that has been built before.
  init(seed: UInt64, state: GraphState) {
    self.seed = seed
    self.state = Mutex(state)
  }

  func read<R>(_ body: (borrowing GraphState) throws -> R) rethrows -> R {
    try state.withLock { try body($0) }
  }

  func update<R>(_ body: (inout GraphState) throws -> R) rethrows -> R {
    try state.withLock { try body(&$0) }
  }

  /// What is wrong with what has been built so far, in program order.
  public var diagnostics: [Diagnostic] { read { $0.diagnostics } }

  /// Throws everything that is wrong with the graph, at once.
  ///
  /// - Throws: ``GraphError``
  public func validate() throws {
    let diagnostics = diagnostics
    guard diagnostics.isEmpty else { throw GraphError(diagnostics: diagnostics) }
  }

  /// The operations, in program order.
  public var operations: [Operation] {
    (0..<read { $0.operations.count }).map { Operation(graph: self, id: OperationID($0)) }
  }

  /// The operation of that name, if there is one.
  public func operation(named name: String) -> Operation? {
    read { $0.operationsByName[name] }.map { Operation(graph: self, id: $0) }
  }

  /// The first result of the operation of that name, or result `k` of `name:k`.
  public func tensor(named name: String) -> Tensor? {
    let parts = name.split(separator: ":", maxSplits: 1)
    guard let base = parts.first, let operation = operation(named: String(base)) else { return nil }
    let index = parts.count == 2 ? Int(parts[1]) ?? -1 : 0
    let results = operation.results
    return results.indices.contains(index) ? results[index] : nil
  }
}
