import JacquardArrays

/// A variable is a tensor with state: the value that a session keeps for it, as of the start of the run.
public typealias Variable = Tensor

/// The value of a variable: as of the start of the run, unless control dependencies say otherwise.
struct ReadVariable: Op {
  var variable: VariableID
  var type: TensorType

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [type] }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [] }

  var effect: Effect { .reads(variable) }

  var attributeDescription: String { "" }
}

/// Gives a variable a new value, committed at the end of the run; the result is the new value.
struct Assign: Op {
  enum Update: Hashable, Sendable, Codable {
    case replace
    case add
    case subtract
    case replaceRows
    case addRows

    /// Whether a second operand tells the rows that the first is for.
    var isByRows: Bool { self == .replaceRows || self == .addRows }
  }

  var variable: VariableID
  var type: TensorType
  var update: Update

  static let name = "Assign"

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(update.isByRows ? 2 : 1)
    if update.isByRows {
      try TypeRuleInput(operands.types + [type]).requireScatter(along: 0, matchingDTypes: true)
      return [type]
    }
    guard operands[0].dtype == type.dtype, operands[0].shape.isCompatible(with: type.shape) else {
      throw TypeRuleError(
        "a value of type \(operands[0]) cannot be assigned to a variable of type \(type)",
        remedy: "assign a value of the variable's dtype and shape")
    }
    return [type]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?] {
    throw NoGradient("an assignment has no gradient; differentiate the assigned value instead")
  }

  var effect: Effect { .assigns(variable) }

  var attributeDescription: String { update == .replace ? "" : "\(update)" }
}

/// Runs its control inputs; has no results.
struct NoOp: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [] }
  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { call.operands.map { _ in nil } }
}

extension Graph {
  /// A new variable.
  ///
  /// Its value lives in sessions; run ``variablesInitializer`` first, or assign to it from the host.
  ///
  /// - Parameters:
  ///   - initializer: what ``variablesInitializer`` sets it to.
  ///   - shape: its shape.
  ///   - dtype: its element type.
  ///   - trainable: whether optimizers change it unless told otherwise.
  public func variable(
    _ initializer: Initializer, _ shape: [Int], dtype: DType = .float32, name: String = "Variable",
    trainable: Bool = true, file: StaticString = #fileID, line: UInt = #line
  ) -> Variable {
    withSourceLocation(file, line) {
      makeVariable(
        named: reserveName(name), initializer, shape, dtype: dtype, trainable: trainable)!
    }
  }

  /// A new variable that starts with the elements of `value`.
  public func variable(
    _ value: NDArray, name: String = "Variable", trainable: Bool = true,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Variable {
    variable(
      .constant(value), value.shape, dtype: value.dtype, name: name, trainable: trainable,
      file: file, line: line)
  }

  /// The variable `name` of the current variable scope, made or shared as the scope's reuse says.
  public func getVariable(
    _ name: String, _ shape: [Int], dtype: DType = .float32, initializer: Initializer? = nil,
    trainable: Bool = true, file: StaticString = #fileID, line: UInt = #line
  ) -> Variable {
    withSourceLocation(file, line) {
      let scope = context.variableScope
      let path = scope.scoped(name)
      let type = TensorType(dtype, PartialShape(known: shape))
      func existing() -> VariableRecord? {
        read { state in state.variablesByName[path].map { state.variables[$0.index] } }
      }
      if let existing = existing() { return shared(existing, as: type, scope.reuse) }
      if scope.reuse == .always {
        report(
          "there is no variable '\(path)' to reuse",
          remedy: "make it first, or open the scope with reuse: .automatic", op: "Variable")
        return invalidTensor(type)
      }
      let fallback: Initializer = dtype.isFloatingPoint ? .glorotUniform : .zeros
      let free = update { $0.nameCounts[path] == nil ? $0.uniqueName(path) : nil }
      let made = makeVariable(
        named: free ?? reserveName(name), variableKey: path,
        initializer ?? scope.initializer ?? fallback, shape, dtype: dtype, trainable: trainable)
      // Another thread has been faster.
      guard let variable = made else { return shared(existing()!, as: type, scope.reuse) }
      if trainable, let regularizer = scope.regularizer, !variable.isInvalid {
        let penalty = atRoot { regularizer(variable) }
        update { $0.regularizationLosses.append(penalty.id) }
      }
      return variable
    }
  }

  private func shared(
    _ existing: VariableRecord, as type: TensorType, _ reuse: VariableReuse
  ) -> Variable {
    if reuse == .never {
      let place = existing.location.resolved().map { " at \($0.file):\($0.line)" } ?? ""
      report(
        "the variable '\(existing.name)' exists already, made\(place)",
        remedy: "open the variable scope with reuse: .always or .automatic, or choose another name",
        op: "Variable")
      return invalidTensor(type)
    }
    if existing.type != type {
      report(
        "the variable '\(existing.name)' is \(existing.type), but \(type) was asked for",
        remedy: "ask for the type it was made with", op: "Variable")
      return invalidTensor(type)
    }
    return Tensor(graph: self, id: existing.read)
  }

  private func makeVariable(
    named name: String, variableKey: String? = nil, _ initializer: Initializer, _ shape: [Int],
    dtype: DType, trainable: Bool
  ) -> Variable? {
    let location = context.location ?? .unknown
    let type = TensorType(dtype, PartialShape(known: shape))
    guard shape.allSatisfy({ $0 >= 0 }) else {
      report(
        "a variable of shape \(shape) has a negative dimension",
        remedy: "give dimensions of 0 or more", op: "Variable")
      return invalidTensor(type)
    }
    guard type.byteCount != nil else {
      report(
        "a variable of shape \(shape) has more elements than can be counted",
        remedy: "give smaller dimensions", op: "Variable")
      return invalidTensor(type)
    }
    return atRoot {
      let context = context
      // One step, so that other threads find the variable with its read or not at all.
      let made = update { state -> (id: VariableID, read: ValueID)? in
        if let variableKey, state.variablesByName[variableKey] != nil { return nil }
        let id = VariableID(state.variables.count)
        let operation = state.insert(
          ReadVariable(variable: id, type: type), [], regions: [], name: nil, exactName: name,
          resultCount: 1, location: location, context: context)
        let read = state[operation: operation].results[0]
        // The initialiser follows below; until then, nothing is initialised.
        state.variables.append(
          VariableRecord(
            name: name, type: type, read: read, initialValue: read, initializer: operation,
            isTrainable: trainable, location: location))
        state.variablesByName[variableKey ?? name] = id
        return (id, read)
      }
      guard let (id, readValue) = made else { return nil }
      let (initial, assign) = withContext {
        $0.scope = name
      } _: {
        let initial = initializer.make(self, shape, dtype)
        let assign = insert(
          Assign(variable: id, type: type, update: .replace), [initial], name: "Assign")
        return (initial, assign)
      }
      update { state in
        state.variables[id.index].initialValue = initial.id
        state.variables[id.index].initializer = assign.id
      }
      return Tensor(graph: self, id: readValue)
    }
  }

  /// The variables, in the order they were made.
  public var variables: [Variable] {
    read { $0.variables.map { Tensor(graph: self, id: $0.read) } }
  }

  /// The variables that optimizers change, in the order they were made.
  public var trainableVariables: [Variable] {
    read { $0.variables.filter(\.isTrainable).map { Tensor(graph: self, id: $0.read) } }
  }

  /// The penalties that the regularizers of variable scopes have put on variables: scalars to add to a loss.
  public var regularizationLosses: [Tensor] {
    read { $0.regularizationLosses.map { Tensor(graph: self, id: $0) } }
  }

  /// An operation that gives every variable made so far its initial value.
  public var variablesInitializer: Operation { initializer(of: variables) }

  /// An operation that gives `variables` their initial values.
  public func initializer(
    of variables: [Variable], file: StaticString = #fileID, line: UInt = #line
  ) -> Operation {
    if let foreign = variables.first(where: { $0.graph !== self }) {
      withSourceLocation(file, line) {
        report(
          "'\(foreign.name)' is a variable of another graph",
          remedy: "initialise it through its own graph", op: "NoOp")
      }
    }
    let ids = variables.filter { $0.graph === self }.compactMap { $0.variableID }
    let operations = read { state in
      ids.map { Operation(graph: self, id: state.variables[$0.index].initializer) }
    }
    return atRoot { group(operations, name: "init", file: file, line: line) }
  }

  /// An operation that runs all of `operations`.
  public func group(
    _ operations: [Operation], name: String = "group", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Operation {
    controlDependencies(operations) { insert(NoOp(), [], name: name, file: file, line: line) }
  }
}

extension Tensor {
  /// The variable it is a read of.
  var variableID: VariableID? { (operation?.op as? ReadVariable)?.variable }

  /// Whether it is a variable.
  public var isVariable: Bool { variableID != nil }

  /// What ``Graph/variablesInitializer`` sets the variable to; `nil` if it is none.
  public var initialValue: Tensor? {
    guard let variable = variableID else { return nil }
    return Tensor(graph: graph, id: graph.read { $0.variables[variable.index].initialValue })
  }

  /// Reads the variable again: under control dependencies, its value after the assignments among them.
  public func read(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    withSourceLocation(file, line) {
      guard let variable = requireVariable("read") else { return graph.invalidTensor(type) }
      return graph.insert(ReadVariable(variable: variable, type: type), name: "\(name)/read")
    }
  }

  /// Assigns `value` to the variable, committed at the end of the run; the operation's result is the new value.
  @discardableResult
  public func assign(_ value: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Operation
  {
    update(.replace, [value], file, line)
  }

  /// Adds `value` to the variable; the operation's result is the new value.
  @discardableResult
  public func assignAdd(_ value: Tensor, file: StaticString = #fileID, line: UInt = #line)
    -> Operation
  {
    update(.add, [value], file, line)
  }

  /// Subtracts `value` from the variable; the operation's result is the new value.
  @discardableResult
  public func assignSubtract(_ value: Tensor, file: StaticString = #fileID, line: UInt = #line)
    -> Operation
  {
    update(.subtract, [value], file, line)
  }

  /// Assigns a number to all elements of the variable.
  @discardableResult
  public func assign(_ value: Double, file: StaticString = #fileID, line: UInt = #line)
    -> Operation
  {
    withSourceLocation(file, line) { assign(filled(with: value)) }
  }

  /// Adds a number to all elements of the variable.
  @discardableResult
  public func assignAdd(_ value: Double, file: StaticString = #fileID, line: UInt = #line)
    -> Operation
  {
    withSourceLocation(file, line) { assignAdd(filled(with: value)) }
  }

  /// Subtracts a number from all elements of the variable.
  @discardableResult
  public func assignSubtract(_ value: Double, file: StaticString = #fileID, line: UInt = #line)
    -> Operation
  {
    withSourceLocation(file, line) { assignSubtract(filled(with: value)) }
  }

  private func filled(with value: Double) -> Tensor {
    graph.scalar(value, dtype).broadcast(to: shape.known ?? [])
  }

  /// Assigns `rows` to the rows of the variable at `indices`, committed at the end of the run; the operation's result is the new value
  /// of the whole variable.
  ///
  /// - Parameters:
  ///   - rows: shaped as `gathered(at: indices)` would be.
  ///   - indices: int32 or int64, of any shape; an index outside the variable fails the run. Of rows for equal indices the
  ///     last one stays.
  @discardableResult
  public func assign(
    _ rows: Tensor, at indices: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Operation {
    update(.replaceRows, [rows, indices], file, line)
  }

  /// Adds `rows` to the rows of the variable at `indices`; the operation's result is the new value of the whole variable.
  ///
  /// - Parameters:
  ///   - rows: shaped as `gathered(at: indices)` would be.
  ///   - indices: int32 or int64, of any shape; an index outside the variable fails the run, one that occurs twice adds twice.
  @discardableResult
  public func assignAdd(
    _ rows: Tensor, at indices: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Operation {
    update(.addRows, [rows, indices], file, line)
  }

  /// Subtracts `rows` from the rows of the variable at `indices`; the operation's result is the new value of the whole variable.
  ///
  /// - Parameters:
  ///   - rows: shaped as `gathered(at: indices)` would be.
  ///   - indices: int32 or int64, of any shape; an index outside the variable fails the run, one that occurs twice subtracts twice.
  @discardableResult
  public func assignSubtract(
    _ rows: Tensor, at indices: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Operation {
    withSourceLocation(file, line) { assignAdd(-rows, at: indices) }
  }

  private func update(
    _ update: Assign.Update, _ operands: [Tensor], _ file: StaticString, _ line: UInt
  ) -> Operation {
    withSourceLocation(file, line) {
      guard let variable = requireVariable("assign") else { return graph.group([]) }
      return graph.insert(
        Assign(variable: variable, type: type, update: update), operands, name: "Assign")
    }
  }

  private func requireVariable(_ verb: String) -> VariableID? {
    if let variableID { return variableID }
    if !isInvalid {
      graph.report(
        "'\(name)' is not a variable; it cannot be \(verb == "read" ? "read again" : "assigned to")",
        remedy: "use a tensor made by variable(…) or getVariable(…)", op: "Assign",
        operands: [self])
    }
    return nil
  }
}
