import JacquardArrays

/// A value of a ``Program``: an index into its table of values.
struct Value: Hashable, Sendable, Comparable {
  let index: Int32

  init(_ index: Int) { self.index = Int32(index) }
  static func < (a: Value, b: Value) -> Bool { a.index < b.index }
}

/// What a program knows of one value.
struct ValueInfo: Sendable {
  /// The type. Every dimension is known, but for the leading one of stacks whose length only a run decides.
  var type: TensorType
  /// The elements, if they are known at compile time; such a value has no node and needs none.
  var constant: NDArray?
  /// The graph value it stands for, if any.
  var origin: ValueID?
}

/// One operation of a program.
struct Node: Sendable {
  /// What it computes.
  var op: any Op
  /// The operands; an operand of which only the shape matters stays here for its type, and is not computed.
  var operands: [Value]
  /// The results.
  var results: [Value]
  /// The bodies it owns: condition and body of a loop, branches of a conditional.
  var regions: [Block] = []
  /// The graph operation it comes from: the source of names, locations and failure reports.
  var origin: OperationID
}

extension Node {
  /// Whether it, or a node of a region it owns, acts on the world or may fail the run.
  var hasExternalEffect: Bool {
    op.effect == .external || regions.contains { $0.nodes.contains(where: \.hasExternalEffect) }
  }

  /// Whether it shows the elements of its first operand, in order, in another shape.
  var isReshape: Bool {
    op is Reshape || op is ReshapeLike || op is ExpandDimensions || op is Squeeze
  }
}

/// A straight list of nodes with parameters and results: the root of a program, the body of a loop, a branch.
///
/// Blocks are closed: a node uses parameters of its own block, results of earlier nodes of its own block, and
/// constants, nothing else. Nodes stand in program order.
struct Block: Sendable {
  var parameters: [Value] = []
  var nodes: [Node] = []
  var results: [Value] = []
}

/// Where a parameter of a program's root block comes from.
enum InputSource: Sendable, Hashable {
  /// An array fed for this graph value.
  case feed(ValueID)
  /// The value of a variable at the start of the run.
  case variable(VariableID)
  /// A copy of a variable's value at the start of the run, in the memory that its new value is committed from: for the one
  /// assignment to some of its rows, which writes over it.
  case pending(VariableID)
  /// The draw counter (int64 scalar) of a random stream: how many committed runs have drawn from it.
  case drawCounter(key: UInt64)
}

/// The compiler's representation: the part of a graph that was asked for, with full shapes.
///
/// The same type at every level; passes map programs to programs, and ``Plan`` schedules the last one.
struct Program: Sendable {
  var values: [ValueInfo] = []
  /// The root block. Its parameters match `inputs`; its results are the fetches, then the committed values, then the indices of
  /// rows that `rowCommits` change.
  var root = Block()
  /// The source of each root parameter.
  var inputs: [InputSource] = []
  /// How many of the root's results are fetched; those after them are committed to `commits`, in order.
  var fetchCount = 0
  /// The variables assigned by the run.
  var commits: [VariableID] = []
  /// Which of `commits` change some rows only, all others being as they were at the start of the run.
  var rowCommits: [Int] = []

  /// Adds a value.
  mutating func addValue(_ type: TensorType, constant: NDArray? = nil, origin: ValueID? = nil)
    -> Value
  {
    values.append(ValueInfo(type: type, constant: constant, origin: origin))
    return Value(values.count - 1)
  }

  func type(of value: Value) -> TensorType { values[Int(value.index)].type }
  func constant(_ value: Value) -> NDArray? { values[Int(value.index)].constant }
  func isConstant(_ value: Value) -> Bool { values[Int(value.index)].constant != nil }
}
