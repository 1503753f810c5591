/// The operations of a graph that a drawing shows.
struct DrawnOperations {
  /// In program order.
  private(set) var ids: [OperationID] = []
  /// The operation that owns each region; `nil` for the root and for regions nobody owns.
  let owners: [OperationID?]
  private var isDrawn: [Bool]

  init(_ state: GraphState, _ options: DotOptions) {
    var owners: [OperationID?] = Array(repeating: nil, count: state.regions.count)
    for index in state.operations.indices {
      // A backward loop may repeat an operation together with its regions; they are drawn where they were built.
      for region in state.operations[index].regions where owners[region.index] == nil {
        owners[region.index] = OperationID(index)
      }
    }
    self.owners = owners
    if options.fetches.isEmpty {
      isDrawn = Array(repeating: true, count: state.operations.count)
    } else {
      var need = NeededOperations(state)
      for fetch in options.fetches {
        for tensor in fetch.fetchedTensors { need.add(tensor.id) }
        for operation in fetch.fetchedOperations { need.add(operation.id) }
      }
      need.close()
      isDrawn = need.isNeeded
    }
    if !options.includeGradients { removeGradients(state) }
    ids = isDrawn.indices.filter { isDrawn[$0] }.map(OperationID.init)
  }

  func contains(_ id: OperationID) -> Bool { isDrawn[id.index] }

  /// Removes gradient operations, what is computed from them, and the variables used by nothing else.
  private mutating func removeGradients(_ state: GraphState) {
    func dependsOnRemoved(_ record: OperationRecord, _ isDrawn: [Bool]) -> Bool {
      let owner = owners[record.region.index]
      let producers =
        (record.operands + record.regions.flatMap { state[region: $0].results })
        .compactMap { state.producer(of: $0) }
      return (producers + record.controlInputs + [owner].compactMap(\.self))
        .contains { !isDrawn[$0.index] }
    }
    let candidates = isDrawn
    // An operation may come before the one that owns its region, hence a second time.
    for _ in 0..<2 {
      for (index, record) in state.operations.enumerated() where isDrawn[index] {
        // The initialiser of all variables remains, though it also runs those of removed variables.
        isDrawn[index] =
          !record.isGradient && (record.op is NoOp || !dependsOnRemoved(record, isDrawn))
      }
    }
    removeUnusedVariables(state, candidates: candidates)
  }

  /// Removes variables that only removed operations read, such as the slots of an optimizer, and their initialisers.
  private mutating func removeUnusedVariables(_ state: GraphState, candidates: [Bool]) {
    var isRead = Array(repeating: false, count: state.values.count)
    var wasRead = isRead
    for (index, record) in state.operations.enumerated() where candidates[index] {
      for operand in record.operands {
        wasRead[operand.index] = true
        if isDrawn[index] { isRead[operand.index] = true }
      }
    }
    let unused = state.variables.filter { wasRead[$0.read.index] && !isRead[$0.read.index] }
    for (index, record) in state.operations.enumerated() where isDrawn[index] {
      isDrawn[index] = !unused.contains {
        record.name == $0.name || record.name.hasPrefix($0.name + "/")
      }
    }
  }
}
