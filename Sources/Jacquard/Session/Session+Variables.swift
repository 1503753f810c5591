import JacquardArrays

extension Session {
  /// The names of the graph's variables, in the order they were made.
  public var variableNames: [String] { graph.read { $0.variables.map(\.name) } }

  /// Whether `variable` has a value in this session.
  ///
  /// - Throws: ``SessionError/notAVariable(name:)``, ``SessionError/foreignGraph(name:use:)``.
  public func isInitialized(_ variable: Variable) throws -> Bool {
    store.current(try index(of: variable, use: .fetched)) != nil
  }

  /// The committed value of `variable`; shares its memory.
  ///
  /// - Throws: ``SessionError/uninitializedVariables(names:)``, ``SessionError/notAVariable(name:)``.
  public func value(of variable: Variable) throws -> NDArray {
    try value(at: try index(of: variable, use: .fetched))
  }

  /// The committed value of the variable of that name; shares its memory.
  ///
  /// - Throws: ``SessionError/unknownVariable(name:)``, ``SessionError/uninitializedVariables(names:)``.
  public func value(named name: String) throws -> NDArray { try value(at: try index(named: name)) }

  /// Gives `variable` a value; waits for runs that assign.
  ///
  /// - Throws: ``SessionError/variableType(name:declared:given:)`` if dtype or shape differ; ``SessionError/notAVariable(name:)``.
  public func assign(_ variable: Variable, _ value: NDArray) throws {
    try assign(at: try index(of: variable, use: .fed), value)
  }

  /// Gives the variable of that name a value; waits for runs that assign.
  ///
  /// - Throws: ``SessionError/variableType(name:declared:given:)``, ``SessionError/unknownVariable(name:)``.
  public func assign(named name: String, _ value: NDArray) throws {
    try assign(at: try index(named: name), value)
  }

  /// What the session remembers between runs, all as of one moment: for checkpoints.
  ///
  /// Variables without a value are left out.
  public var state: SessionState {
    let records = graph.read { $0.variables }
    let (values, draws) = store.snapshot(count: records.count)
    var state = SessionState()
    for (record, storage) in zip(records, values) {
      guard let storage, let shape = record.type.shape.known else { continue }
      state.variables.append(
        (record.name, NDArray(storage: storage, dtype: record.type.dtype, shape: shape)))
    }
    state.drawCounts = draws
    return state
  }

  /// Gives variables and random streams what `state` holds, all at once or, if it throws, not at all; others keep their values.
  ///
  /// - Throws: ``SessionError/unknownVariable(name:)``, ``SessionError/variableType(name:declared:given:)``.
  public func restore(_ state: SessionState) throws {
    let values = try state.variables.map { name, array in
      let index = try index(named: name)
      return (index, try storage(for: index, array))
    }
    try assignments.withLock { store.replace(values, draws: state.drawCounts) }
  }

  private func value(at index: Int) throws -> NDArray {
    let record = graph.read { $0.variables[index] }
    guard let storage = store.current(index), let shape = record.type.shape.known else {
      throw SessionError.uninitializedVariables(names: [record.name])
    }
    return NDArray(storage: storage, dtype: record.type.dtype, shape: shape)
  }

  private func assign(at index: Int, _ value: NDArray) throws {
    let storage = try storage(for: index, value)
    try assignments.withLock { store.replace([(index, storage)]) }
  }

  /// The elements of `array` in storage of exactly their size; shared if it has that.
  private func storage(for index: Int, _ array: NDArray) throws -> ArrayStorage {
    let record = graph.read { $0.variables[index] }
    guard TensorType(of: array) == record.type else {
      throw SessionError.variableType(
        name: record.name, declared: record.type, given: TensorType(of: array))
    }
    let storage = array.storage
    if !storage.isWrapped && array.byteOffset == 0 && storage.byteCount == array.byteCount {
      return storage
    }
    guard let copy = try? ArrayStorage.allocate(byteCount: array.byteCount) else {
      throw SessionError.arrayAllocation(name: record.name, bytes: array.byteCount)
    }
    array.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress {
        copy.pointer.copyMemory(from: base, byteCount: bytes.count)
      }
    }
    return copy
  }

  private func index(of variable: Tensor, use: SessionError.Use) throws -> Int {
    guard variable.graph === graph else {
      throw SessionError.foreignGraph(name: variable.name, use: use)
    }
    guard let id = variable.variableID else {
      throw SessionError.notAVariable(name: variable.name)
    }
    return id.index
  }

  private func index(named name: String) throws -> Int {
    let index = graph.read { state in
      state.variables.firstIndex { $0.name == name } ?? state.variablesByName[name]?.index
    }
    guard let index else { throw SessionError.unknownVariable(name: name) }
    return index
  }
}

/// What a session remembers between runs.
public struct SessionState: Sendable {
  /// The variables by name, in the order they were made.
  public var variables: [(name: String, value: NDArray)] = []
  /// How many committed runs have drawn from each random stream, by ascending key.
  public var drawCounts: [(key: UInt64, count: Int64)] = []

  /// A state that holds nothing.
  public init() {}
}
