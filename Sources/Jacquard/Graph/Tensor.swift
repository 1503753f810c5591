import JacquardArrays

/// A value of a graph that does not exist yet: the handle to one result of an operation.
///
/// Tensors are symbolic. Operators and functions on them append operations to their graph; a ``Session`` computes them.
public struct Tensor: Hashable, Sendable {
  /// The graph it belongs to.
  public let graph: Graph
  /// Its index in the graph.
  public let id: ValueID

  /// Whether both are the same tensor of the same graph.
  public static func == (a: Tensor, b: Tensor) -> Bool { a.graph === b.graph && a.id == b.id }

  /// Hashes the identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }

  var record: ValueRecord { graph.read { $0[value: id] } }

  /// The element type and the shape, as far as they are known.
  public var type: TensorType { record.type }
  /// The element type.
  public var dtype: DType { type.dtype }
  /// The shape, as far as it is known: `x.shape[0]` is `nil` where the dimension is open.
  public var shape: PartialShape { type.shape }
  /// The number of dimensions, if known.
  public var rank: Int? { shape.rank }
  /// Whether the operation that should compute it could not be built; ``Graph/diagnostics`` says why.
  public var isInvalid: Bool { record.isInvalid }

  /// The name of the operation that computes it; of its second and later results `name:1` and so on.
  public var name: String { graph.read { $0.displayName(of: id) } }

  /// The operation that computes it; `nil` for the parameters of loop bodies and branches.
  public var operation: Operation? {
    graph.read { $0.producer(of: id) }.map { Operation(graph: graph, id: $0) }
  }

  /// The elements, if it is a constant.
  public var constantValue: NDArray? { graph.read { $0.constant(id) } }
}

extension Tensor: CustomStringConvertible {
  /// A short form for errors and dumps.
  public var description: String { "Tensor('\(name)', \(type))" }
}

extension GraphState {
  func displayName(of value: ValueID) -> String {
    switch self[value: value].source {
    case .result(let operation, let index):
      let name = self[operation: operation].name
      return index == 0 ? name : "\(name):\(index)"
    case .parameter(let region):
      let position = self[region: region].parameters.firstIndex(of: value)
      return "region\(region.index)/parameter\(position.map { "\($0)" } ?? "?")"
    }
  }
}

/// A node of a graph: an op applied to operands. Fetching one runs it and gives `Void`.
public struct Operation: Hashable, Sendable {
  /// The graph it belongs to.
  public let graph: Graph
  /// Its index in the graph, in program order.
  public let id: OperationID

  /// Whether both are the same operation of the same graph.
  public static func == (a: Operation, b: Operation) -> Bool { a.graph === b.graph && a.id == b.id }

  /// Hashes the identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }

  var record: OperationRecord { graph.read { $0[operation: id] } }

  /// The unique name, with its scopes: `rnn/while/MatMul_1`.
  public var name: String { record.name }
  /// What it computes.
  public var op: any Op { record.op }
  /// The operands.
  public var operands: [Tensor] { record.operands.map { Tensor(graph: graph, id: $0) } }
  /// The results.
  public var results: [Tensor] { record.results.map { Tensor(graph: graph, id: $0) } }
  /// The first result; an invalid tensor, and a diagnostic, if it has none.
  public var result: Tensor {
    if let first = record.results.first { return Tensor(graph: graph, id: first) }
    graph.report(
      "the operation '\(name)' has no result", remedy: "use it as a fetch or a control dependency",
      op: type(of: op).name)
    return graph.invalidTensor(TensorType(.float32, .unknown))
  }
}

extension Operation: CustomStringConvertible {
  /// A short form for errors and dumps.
  public var description: String { "Operation('\(name)')" }
}
