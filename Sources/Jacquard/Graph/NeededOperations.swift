/// What results need: operands, control inputs, and what happens in the bodies of loops and branches.
struct NeededOperations {
  private let state: GraphState
  /// For each operation of the graph, whether it is needed.
  private(set) var isNeeded: [Bool]
  private var pending: [OperationID] = []

  init(_ state: GraphState) {
    self.state = state
    isNeeded = Array(repeating: false, count: state.operations.count)
  }

  mutating func add(_ value: ValueID) {
    if let producer = state.producer(of: value) { add(producer) }
  }

  mutating func add(_ id: OperationID) {
    guard !isNeeded[id.index] else { return }
    isNeeded[id.index] = true
    pending.append(id)
  }

  /// Adds what those added need.
  mutating func close() {
    while let id = pending.popLast() {
      let record = state[operation: id]
      for operand in record.operands { add(operand) }
      for control in record.controlInputs { add(control) }
      switch record.op.effect {
      // Of a variable, the read that stands for it belongs to it.
      case .assigns(let variable), .reads(let variable):
        add(state.variables[variable.index].read)
      case .none, .random, .external: break
      }
      for region in record.regions { addBody(region) }
    }
  }

  private mutating func addBody(_ region: RegionID) {
    for result in state[region: region].results { add(result) }
    for id in state[region: region].operations {
      let record = state[operation: id]
      switch record.op.effect {
      case .assigns, .external: add(id)
      case .none, .random, .reads:
        if state.hasEffects(record.regions) { add(id) }
      }
    }
  }
}

extension GraphState {
  /// Whether something in the regions, at any depth, assigns or acts on the world.
  func hasEffects(_ regions: [RegionID]) -> Bool {
    regions.contains { region in
      self[region: region].operations.contains { id in
        let record = self[operation: id]
        switch record.op.effect {
        case .external, .assigns: return true
        case .none, .random, .reads: return hasEffects(record.regions)
        }
      }
    }
  }
}
