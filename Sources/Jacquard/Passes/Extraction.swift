import JacquardArrays

/// Takes what a run asks for out of the graph, as a ``Program`` with the fed shapes.
///
/// On the way types are inferred anew with full shapes; small integer arithmetic on shapes is folded; assignments become
/// values that the run commits, carried through loops and branches where they stand in those.
struct Extraction {
  let graph: Graph
  let state: GraphState
  let request: CompileRequest
  let feedValues: (ValueID) -> NDArray?

  var program = Program()
  var diagnostics: [Diagnostic] = []
  var shapeDecidingFeeds: Set<ValueID> = []
  var missingFeed: SessionError?
  /// The pending values of each variable, in program order.
  var pending: [VariableID: [(operation: OperationID, value: Value)]] = [:]
  var inputValues: [InputSource: Value] = [:]
  /// The node that computes each value, for folding.
  private var producers: [Node?] = []

  init(_ request: CompileRequest, _ feedValues: @escaping (ValueID) -> NDArray?, _ graph: Graph) {
    self.graph = graph
    self.state = graph.read { copy $0 }
    self.request = request
    self.feedValues = feedValues
  }

  /// The values that stand for graph values within one block.
  struct Scope {
    var values = ScopeValues()
    var nodes: [Node] = []
    /// Inputs of the run that a loop body or branch uses without having captured them, and the parameters that bring them in;
    /// `nil` for the root, which has them.
    var brought: [(outer: Value, inner: Value)]? = nil
  }

  mutating func run() throws -> CompiledProgram {
    var scope = Scope(values: ScopeValues(count: state.values.count))
    for feed in request.feeds {
      scope.values[feed.value] = input(.feed(feed.value), feed.type, origin: feed.value)
    }
    let needed = neededRootOperations()
    scope.nodes.reserveCapacity(needed.count)
    program.values.reserveCapacity(needed.count * 5 / 4)
    for id in needed { extract(id, into: &scope) }
    if let missingFeed { throw missingFeed }
    guard diagnostics.isEmpty else { throw GraphError(diagnostics: diagnostics) }

    program.root.nodes = scope.nodes
    let fetched = try request.fetches.map { id -> Value in
      if let value = value(of: id, in: &scope) { return value }
      throw Verifier.Failure(
        pass: "extraction", message: "nothing computes the fetched '\(state.displayName(of: id))'")
    }
    program.fetchCount = fetched.count
    program.commits = pending.keys.sorted()
    program.root.results = fetched + program.commits.map { pending[$0]!.last!.value }
    assignRowsInPlace()
    return CompiledProgram(program: program, shapeDecidingFeeds: shapeDecidingFeeds.sorted())
  }

  mutating func input(_ source: InputSource, _ type: TensorType, origin: ValueID? = nil) -> Value {
    if let known = inputValues[source] { return known }
    let value = program.addValue(type, origin: origin)
    program.inputs.append(source)
    program.root.parameters.append(value)
    inputValues[source] = value
    return value
  }

  /// The root operations that the run needs, in program order, cut off at what is fed.
  private func neededRootOperations() -> [OperationID] {
    let fed = Set(request.feeds.map(\.value))
    var needed = [Bool](repeating: false, count: state.operations.count)
    var stack = request.targets
    stack += request.fetches.filter { !fed.contains($0) }.compactMap { state.producer(of: $0) }
    while let id = stack.popLast() {
      if needed[id.index] { continue }
      needed[id.index] = true
      stack += state.operations[id.index].controlInputs
      for operand in state.operations[id.index].operands where !fed.contains(operand) {
        if let producer = state.producer(of: operand) { stack.append(producer) }
      }
    }
    return needed.indices.filter { needed[$0] }.map { OperationID($0) }
  }

  /// The value that stands for `id`; constants are made where they are first used.
  mutating func value(of id: ValueID, in scope: inout Scope) -> Value? {
    if let known = scope.values[id] { return known }
    if let constant = state.constant(id) {
      if let fed = inputValues[.feed(id)] { return bring(fed, into: &scope) }
      let value = program.addValue(TensorType(of: constant), constant: constant, origin: id)
      scope.values[id] = value
      return value
    }
    return nil
  }

  /// The value that stands in `scope` for `input`, a parameter of the root.
  mutating func bring(_ input: Value, into scope: inout Scope) -> Value {
    guard let brought = scope.brought else { return input }
    if let known = brought.first(where: { $0.outer == input }) { return known.inner }
    let inner = program.addValue(program.type(of: input))
    scope.brought?.append((input, inner))
    return inner
  }

  /// Adds the operation to the block being extracted.
  mutating func extract(_ id: OperationID, into scope: inout Scope) {
    let record = state.operations[id.index]
    if record.results.contains(where: { scope.values[$0] != nil }) && record.op.effect == .none {
      // A fed result: the operation runs only for its other results.
      if record.results.allSatisfy({ scope.values[$0] != nil }) { return }
    }
    var operands: [Value] = []
    for operand in record.operands {
      // Missing operands belong to operations that have failed, and been reported, before.
      guard let value = value(of: operand, in: &scope) else { return }
      operands.append(value)
    }
    do {
      if Self.specialTypes.contains(ObjectIdentifier(type(of: record.op))) {
        try extractSpecial(id, record, operands, &scope)
      } else {
        try extractPlain(id, record, operands, &scope)
      }
    } catch { report(error, id, operands) }
  }

  /// The ops that are more than their results: one comparison for most others, in place of a cast to each of these.
  private static let specialTypes = [
    Constant.self, NoOp.self, Placeholder.self, ReadVariable.self, DrawCounter.self,
    PlaceholderWithDefault.self, Assign.self, While.self, Conditional.self,
  ].map { (type: any Op.Type) in ObjectIdentifier(type) }

  private mutating func extractSpecial(
    _ id: OperationID, _ record: OperationRecord, _ operands: [Value], _ scope: inout Scope
  ) throws {
    switch record.op {
    case let placeholder as Placeholder:
      if scope.values[record.results[0]] == nil, missingFeed == nil {
        let place = record.location.resolved().map { "\($0.file):\($0.line)" }
        missingFeed = .missingFeed(
          name: record.name, type: TensorType(placeholder.dtype, placeholder.shape), location: place
        )
      }
    case let read as ReadVariable:
      if scope.values[record.results[0]] == nil {
        scope.values[record.results[0]] = readValue(read, record, &scope)
      }
    case let counter as DrawCounter:
      scope.values[record.results[0]] = input(
        .drawCounter(key: counter.key), TensorType(.int64, .scalar), origin: record.results[0])
    case let placeholder as PlaceholderWithDefault:
      // Unfed, it is its default, with the default's full shape.
      _ = try placeholder.resultTypes(TypeRuleInput([program.type(of: operands[0])]))
      if scope.values[record.results[0]] == nil { scope.values[record.results[0]] = operands[0] }
    case let assign as Assign:
      scope.values[record.results[0]] = try extractAssign(assign, id, record, operands, &scope)
    case let loop as While: try extractLoop(loop, id, record, operands, &scope)
    case is Conditional: try extractConditional(id, record, operands, &scope)
    // Constants are made where they are used.
    default: break
    }
  }

  mutating func report(_ error: any Error, _ id: OperationID, _ operands: [Value]) {
    let record = state.operations[id.index]
    let rule = error as? TypeRuleError
    diagnostics.append(
      Diagnostic(
        operation: record.name, op: type(of: record.op).name,
        operandTypes: operands.map { program.type(of: $0) },
        message: rule?.message ?? "\(error)", remedy: rule?.remedy, location: record.location))
  }

  private mutating func extractPlain(
    _ id: OperationID, _ record: OperationRecord, _ operands: [Value], _ scope: inout Scope
  ) throws {
    let constants = operands.indices.map { index in
      record.op.determinesShape(operand: index)
        ? knownElements(operands[index]) : program.constant(operands[index])
    }
    let types = try record.op.resultTypes(
      TypeRuleInput(operands.map { program.type(of: $0) }, constants: constants))
    for type in types where !type.shape.isKnown {
      guard operands.contains(where: { !program.type(of: $0).shape.isKnown }) else {
        throw TypeRuleError(
          "the shape of the result, \(type), depends on elements computed while it runs",
          remedy: "feed the shape, or compute it from shapes, constants and fed scalars")
      }
    }
    let results = zip(types, record.results).map { program.addValue($0, origin: $1) }
    let node = Node(op: record.op, operands: operands, results: results, origin: id)
    for (result, value) in zip(record.results, results) where scope.values[result] == nil {
      scope.values[result] = value
    }
    if let folded = try ShapeFolding.fold(node, in: program) {
      for (value, array) in zip(results, folded) {
        program.values[Int(value.index)].constant = array
      }
      return
    }
    note(node)
    scope.nodes.append(node)
  }

  private mutating func note(_ node: Node) {
    let missing = program.values.count - producers.count
    if missing > 0 {
      if producers.isEmpty { producers.reserveCapacity(program.values.capacity) }
      producers += repeatElement(nil, count: missing)
    }
    for value in node.results { producers[Int(value.index)] = node }
  }

  private func producer(of value: Value) -> Node? {
    Int(value.index) < producers.count ? producers[Int(value.index)] : nil
  }

  /// The elements of a value, if they follow from constants and fed arrays.
  mutating func knownElements(_ value: Value) -> NDArray? {
    if let constant = program.constant(value) { return constant }
    if case .feed(let id)? = inputValues.first(where: { $0.value == value })?.key {
      guard let array = feedValues(id) else { return nil }
      shapeDecidingFeeds.insert(id)
      return array
    }
    guard let node = producer(of: value), node.op.effect == .none else { return nil }
    var constants: [NDArray?] = []
    for (index, operand) in node.operands.enumerated() {
      guard node.op.usesElements(ofOperand: index) else {
        constants.append(nil)
        continue
      }
      guard let known = knownElements(operand) else { return nil }
      constants.append(known)
    }
    let position = node.results.firstIndex(of: value)!
    return try? ConstantEvaluator.evaluate(node, in: program, operands: constants)?[position]
  }

  // MARK: Variables

  func latest(_ variable: VariableID) -> Value? { pending[variable]?.last?.value }

  mutating func startValue(_ variable: VariableID, in scope: inout Scope) -> Value {
    let record = state.variables[variable.index]
    return bring(input(.variable(variable), record.type, origin: record.read), into: &scope)
  }

  private mutating func readValue(
    _ read: ReadVariable, _ record: OperationRecord, _ scope: inout Scope
  ) -> Value {
    guard !record.controlInputs.isEmpty, let history = pending[read.variable] else {
      return startValue(read.variable, in: &scope)
    }
    let before = predecessors(of: record.controlInputs)
    return history.last { before.contains($0.operation) }?.value
      ?? startValue(read.variable, in: &scope)
  }

  /// `operations` and everything that has to happen before them.
  private func predecessors(of operations: [OperationID]) -> Set<OperationID> {
    var found: Set<OperationID> = []
    var stack = operations
    while let id = stack.popLast() {
      guard found.insert(id).inserted else { continue }
      let record = state.operations[id.index]
      stack += record.controlInputs + record.operands.compactMap { state.producer(of: $0) }
    }
    return found
  }

  private mutating func extractAssign(
    _ assign: Assign, _ id: OperationID, _ record: OperationRecord, _ operands: [Value],
    _ scope: inout Scope
  ) throws -> Value {
    _ = try assign.resultTypes(TypeRuleInput(operands.map { program.type(of: $0) }))
    var value = operands[0]
    if assign.update != .replace {
      let previous = latest(assign.variable) ?? startValue(assign.variable, in: &scope)
      let (op, inputs) = assign.update.combination(of: operands, with: previous)
      value = program.addValue(assign.type, origin: record.results[0])
      scope.nodes.append(Node(op: op, operands: inputs, results: [value], origin: id))
    }
    pending[assign.variable, default: []].append((id, value))
    return value
  }
}

extension Assign.Update {
  /// The op that makes the new value of a variable, and its operands: those of the assignment and the previous value.
  fileprivate func combination(of operands: [Value], with previous: Value) -> (any Op, [Value]) {
    switch self {
    case .add: (Add(), [previous] + operands)
    case .subtract: (Subtract(), [previous] + operands)
    case .addRows: (ScatterAdd(axis: 0, ontoBase: true), operands + [previous])
    case .replaceRows: (ScatterUpdate(), operands + [previous])
    case .replace: (Identity(), operands)
    }
  }
}

/// The values that stand for graph values: a table for the root, which holds most of a graph, a dictionary for a body or branch.
struct ScopeValues {
  private var table: [Value?]
  private var others: [ValueID: Value] = [:]

  /// No values, with a table for graph values below `count`.
  init(count: Int = 0) { table = Array(repeating: nil, count: count) }

  subscript(id: ValueID) -> Value? {
    get { id.index < table.count ? table[id.index] : others[id] }
    set {
      if id.index < table.count { table[id.index] = newValue } else { others[id] = newValue }
    }
  }
}
