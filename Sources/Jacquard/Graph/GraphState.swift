import JacquardArrays

/// One operation of a graph, as stored.
struct OperationRecord: Sendable {
  var op: any Op
  var operands: [ValueID]
  var results: [ValueID]
  var regions: [RegionID]
  /// Operations that must have happened first, beyond those that compute the operands.
  var controlInputs: [OperationID]
  var region: RegionID
  /// The unique name with its scopes: `rnn/while/MatMul_1`.
  var name: String
  var location: SourceLocation
  /// Whether it was appended by the gradient builder.
  var isGradient: Bool
}

/// Where a value comes from.
enum ValueSource: Sendable, Hashable {
  case result(of: OperationID, index: Int)
  case parameter(of: RegionID)
}

/// One value of a graph: a result of an operation or a parameter of a region.
struct ValueRecord: Sendable {
  var type: TensorType
  var source: ValueSource
  /// Stands in for what could not be built; operations on it are quiet.
  var isInvalid: Bool
}

/// The body of the graph, of a loop or of a branch while, and after, it is built.
struct RegionRecord: Sendable {
  var parent: RegionID?
  var parameters: [ValueID] = []
  var operations: [OperationID] = []
  var results: [ValueID] = []
  /// Outer values used inside, and the parameters that stand for them, in the order of first use.
  var captures: [Capture] = []
  var isOpen = true
  /// Operations outside that something inside has to wait for.
  var outerControls: [OperationID] = []
  /// For a loop body or condition: the parameter that counts iterations.
  var iteration: ValueID?
  /// For the body of a backward loop: where values of the forward twin come from.
  var backward: BackwardLink?

  struct Capture: Sendable {
    var outer: ValueID
    var inner: ValueID
  }
}

/// One variable of a graph.
struct VariableRecord: Sendable {
  var name: String
  var type: TensorType
  /// The value at the start of the run.
  var read: ValueID
  /// The value the initialiser assigns, and the operation that does.
  var initialValue: ValueID
  var initializer: OperationID
  var isTrainable: Bool
  var location: SourceLocation
}

/// The tables of a graph. Append-only.
struct GraphState: Sendable {
  var operations: [OperationRecord] = []
  var values: [ValueRecord] = []
  var regions: [RegionRecord] = [RegionRecord(parent: nil)]
  var variables: [VariableRecord] = []
  var diagnostics: [Diagnostic] = []
  /// How often each name has been asked for; looked up by key only.
  var nameCounts: [String: Int] = [:]
  var variablesByName: [String: VariableID] = [:]
  var operationsByName: [String: OperationID] = [:]
  /// Regularisation terms of variables, in order of creation.
  var regularizationLosses: [ValueID] = []

  subscript(operation id: OperationID) -> OperationRecord {
    get { operations[id.index] }
    set { operations[id.index] = newValue }
  }
  subscript(value id: ValueID) -> ValueRecord { values[id.index] }
  subscript(region id: RegionID) -> RegionRecord {
    get { regions[id.index] }
    _modify { yield &regions[id.index] }
  }

  mutating func addValue(_ type: TensorType, from source: ValueSource, isInvalid: Bool = false)
    -> ValueID
  {
    values.append(ValueRecord(type: type, source: source, isInvalid: isInvalid))
    return ValueID(values.count - 1)
  }

  mutating func addRegion(parent: RegionID) -> RegionID {
    regions.append(RegionRecord(parent: parent))
    return RegionID(regions.count - 1)
  }

  /// A parameter of `region` that its owner places among the region's parameters when it closes.
  mutating func addParameter(_ type: TensorType, to region: RegionID, isInvalid: Bool = false)
    -> ValueID
  {
    addValue(type, from: .parameter(of: region), isInvalid: isInvalid)
  }

  /// The region in which a value is defined.
  func home(of value: ValueID) -> RegionID {
    switch self[value: value].source {
    case .result(let operation, _): self[operation: operation].region
    case .parameter(let region): region
    }
  }

  /// The operation that computes a value; `nil` for a region's parameter.
  func producer(of value: ValueID) -> OperationID? {
    if case .result(let operation, _) = self[value: value].source { operation } else { nil }
  }

  /// The elements of a value made by a constant operation.
  func constant(_ value: ValueID) -> NDArray? {
    guard let producer = producer(of: value) else { return nil }
    return (self[operation: producer].op as? Constant)?.value
  }

  func isAncestor(_ region: RegionID, of other: RegionID) -> Bool {
    var current: RegionID? = other
    while let candidate = current {
      if candidate == region { return true }
      current = self[region: candidate].parent
    }
    return false
  }

  /// A name not yet taken: `name`, else `name_1`, `name_2`, ….
  mutating func uniqueName(_ name: String) -> String {
    guard let count = nameCounts[name] else {
      nameCounts[name] = 1
      return name
    }
    var number = count
    while nameCounts["\(name)_\(number)"] != nil { number += 1 }
    nameCounts[name] = number + 1
    nameCounts["\(name)_\(number)"] = 1
    return "\(name)_\(number)"
  }

  func regionSignature(_ id: RegionID) -> RegionSignature {
    RegionSignature(
      parameters: self[region: id].parameters.map { self[value: $0].type },
      results: self[region: id].results.map { self[value: $0].type })
  }

  /// Thrown when a value cannot be used where it is.
  struct OutOfRegion: Error { var value: ValueID }

  /// The value to use in `region` for `value`: itself, or a parameter that brings it in from an outer region.
  mutating func resolve(_ value: ValueID, in region: RegionID) throws -> ValueID {
    let home = home(of: value)
    if home == region || constant(value) != nil { return value }
    if isAncestor(home, of: region) {
      return try capture(resolve(value, in: self[region: region].parent!), into: region)
    }
    var level: RegionID? = region
    while let candidate = level, self[region: candidate].backward?.twin != home {
      level = self[region: candidate].parent
    }
    guard let backward = level else { throw OutOfRegion(value: value) }
    let residual = try residual(of: value, in: backward)
    return backward == region ? residual : try resolve(residual, in: region)
  }

  /// The parameter of `region` that stands for `outer`, a value of its parent (or a constant).
  mutating func capture(_ outer: ValueID, into region: RegionID) -> ValueID {
    if constant(outer) != nil { return outer }
    if let known = self[region: region].captures.first(where: { $0.outer == outer }) {
      return known.inner
    }
    let record = self[value: outer]
    let inner = addParameter(record.type, to: region, isInvalid: record.isInvalid)
    self[region: region].captures.append(.init(outer: outer, inner: inner))
    return inner
  }
}
