/// The part of a graph that is written to a file, and the ids that its parts get there: dense, in the order they had.
struct GraphSelection {
  let state: GraphState
  private(set) var operations: [Int?]
  private(set) var values: [Int?]
  private(set) var regions: [Int?]
  private(set) var variables: [Int?]
  /// Whether parts have been left out.
  let isPruned: Bool

  /// The whole graph.
  init(all state: GraphState) {
    self.init(
      state, isKept: Array(repeating: true, count: state.operations.count),
      isRegionKept: Array(repeating: true, count: state.regions.count), isPruned: false)
  }

  /// What `tensors` and `operations` need.
  init(_ state: GraphState, tensors: [ValueID], operations: [OperationID]) {
    var needed = NeededOperations(state)
    for tensor in tensors { needed.add(tensor) }
    for operation in operations { needed.add(operation) }
    needed.close()
    var isRegionKept = Array(repeating: false, count: state.regions.count)
    isRegionKept[RegionID.root.index] = true
    for (index, record) in state.operations.enumerated() where needed.isNeeded[index] {
      for region in record.regions {
        var level: RegionID? = region
        while let id = level, !isRegionKept[id.index] {
          isRegionKept[id.index] = true
          level = state[region: id].parent
        }
      }
    }
    self.init(
      state, isKept: needed.isNeeded, isRegionKept: isRegionKept, isPruned: true)
  }

  private init(
    _ state: GraphState, isKept: [Bool], isRegionKept: [Bool], isPruned: Bool
  ) {
    self.state = state
    self.isPruned = isPruned
    operations = Self.numbered(isKept)
    regions = Self.numbered(isRegionKept)
    var isValueKept = Array(repeating: false, count: state.values.count)
    for (index, record) in state.operations.enumerated() where isKept[index] {
      for result in record.results { isValueKept[result.index] = true }
    }
    for (index, record) in state.regions.enumerated() where isRegionKept[index] {
      for parameter in record.parameters { isValueKept[parameter.index] = true }
    }
    values = Self.numbered(isValueKept)
    variables = Self.numbered(state.variables.map { isValueKept[$0.read.index] })
  }

  private static func numbered(_ isKept: [Bool]) -> [Int?] {
    var count = 0
    return isKept.map { isKept in
      guard isKept else { return nil }
      count += 1
      return count - 1
    }
  }

  func contains(_ id: OperationID) -> Bool { operations[id.index] != nil }
  func contains(_ id: ValueID) -> Bool { values[id.index] != nil }

  /// The variables that are kept, in order.
  var keptVariables: [VariableRecord] {
    zip(state.variables, variables).compactMap { $1 == nil ? nil : $0 }
  }

  /// The names whose counts are to be kept, since the counts do not follow from the operations.
  var nameCounts: [String: Int] {
    var isTaken: Set<String> = []
    var isScope: Set<String> = []
    for (index, record) in state.operations.enumerated() where operations[index] != nil {
      isTaken.insert(record.name)
      var path = record.name.pathComponents.dropLast()
      while !path.isEmpty, isScope.insert(path.joined(separator: "/")).inserted {
        path = path.dropLast()
      }
    }
    return state.nameCounts.filter { name, count in
      let isKept = !isPruned || isTaken.contains(name) || isScope.contains(name)
      return isKept && !(count == 1 && isTaken.contains(name))
    }
  }
}
