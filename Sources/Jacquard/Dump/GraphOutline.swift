import JacquardArrays

/// A graph as a list of named nodes, for file formats that know no regions.
///
/// The operations in the regions of loops and branches are nodes like any other. What a region captures is taken from where it is
/// computed. A loop has a node for each value it carries or scans, and for its iteration counter if that is used; the inputs of
/// the loop's own node are what its regions return.
package struct GraphOutline: Sendable {
  /// One result of a node.
  package struct Output: Sendable, Hashable {
    package var node: String
    package var index: Int
  }

  /// An operation, or what a loop hands to its body.
  package struct Node: Sendable {
    package var name: String
    package var op: String
    package var attributes = ""
    package var inputs: [Output] = []
    /// The names of nodes that have to be done first.
    package var controlInputs: [String] = []
    package var results: [TensorType] = []
  }

  /// The nodes, in program order.
  package private(set) var nodes: [Node] = []

  private let state: GraphState
  /// The operation that owns each region; `nil` for the root and for regions nobody owns.
  private var owners: [OperationID?]
  /// The position of each parameter of a region, by its index.
  private var positions: [Int?]
  /// The names of nodes for parameters, by loop and role; looked up by key only.
  private var portNames: [String: String] = [:]

  fileprivate init(_ state: GraphState) {
    self.state = state
    owners = Array(repeating: nil, count: state.regions.count)
    positions = Array(repeating: nil, count: state.values.count)
    for (index, record) in state.operations.enumerated() {
      for region in record.regions where owners[region.index] == nil {
        owners[region.index] = OperationID(index)
      }
    }
    for region in state.regions {
      for (position, value) in region.parameters.enumerated() { positions[value.index] = position }
    }
    for index in state.operations.indices { append(OperationID(index)) }
  }

  private mutating func append(_ id: OperationID) {
    let record = state[operation: id]
    var node = Node(
      name: record.name, op: type(of: record.op).name, attributes: record.op.attributeDescription,
      controlInputs: record.controlInputs.map { state[operation: $0].name },
      results: record.results.map { state[value: $0].type })
    // A region that two loops share is shown where it was built.
    let ownsRegions = record.regions.first.map { owners[$0.index] == id } ?? false
    var sources = record.operands
    if ownsRegions {
      let results = record.regions.flatMap { state[region: $0].results }
      if let loop = record.op as? While {
        appendPorts(of: loop, record)
        sources = results + (loop.hasBound ? record.operands.suffix(1) : [])
      } else {
        sources = record.operands.prefix(1) + results
      }
    } else if let variable = variableRead(by: record) {
      sources.insert(variable, at: 0)
    }
    node.inputs = sources.compactMap { output(of: $0) }
    nodes.append(node)
  }

  /// What an assignment, or a read after one, has to do with its variable: the read at the start of the run.
  private func variableRead(by record: OperationRecord) -> ValueID? {
    let variable: VariableID
    switch record.op.effect {
    case .assigns(let id), .reads(let id): variable = id
    case .none, .random, .external: return nil
    }
    let read = state.variables[variable.index].read
    return record.results.contains(read) ? nil : read
  }

  private mutating func appendPorts(of loop: While, _ record: OperationRecord) {
    guard record.operands.count == loop.operandCount, let body = record.regions.last else { return }
    let next = state[region: body].results
    if record.regions.contains(where: { usesIteration($0) }) {
      nodes.append(
        Node(
          name: portName("iteration", of: record), op: "Iteration",
          results: [TensorType(.int64, .scalar)]))
    }
    for index in 0..<loop.carriedCount {
      let values = [record.operands[index]] + (index < next.count ? [next[index]] : [])
      nodes.append(
        Node(
          name: portName("carried_\(index)", of: record), op: "Carried",
          inputs: values.compactMap { output(of: $0) },
          results: [state[value: record.operands[index]].type]))
    }
    for (index, position) in loop.scanRange.enumerated() {
      let parameter = 1 + loop.carriedCount + index
      let parameters = state[region: body].parameters
      nodes.append(
        Node(
          name: portName("slice_\(index)", of: record), op: "Slice",
          attributes: "\(loop.scans[index])",
          inputs: [output(of: record.operands[position])].compactMap(\.self),
          results: parameter < parameters.count ? [state[value: parameters[parameter]].type] : []))
    }
  }

  private func usesIteration(_ region: RegionID) -> Bool {
    let record = state[region: region]
    guard let iteration = record.parameters.first else { return false }
    return record.results.contains(iteration)
      || record.operations.contains { state[operation: $0].operands.contains(iteration) }
      || record.captures.contains { $0.inner == iteration }
      || state.regions.contains { $0.captures.contains { $0.outer == iteration } }
  }

  /// Where a value comes from; `nil` for a parameter of a region that was never finished.
  private mutating func output(of value: ValueID) -> Output? {
    switch state[value: value].source {
    case .result(let operation, let index):
      return Output(node: state[operation: operation].name, index: index)
    case .parameter(let region):
      guard let owner = owners[region.index], var position = positions[value.index] else {
        return nil
      }
      let record = state[operation: owner]
      func captured(_ operand: Int) -> ValueID? {
        record.operands.indices.contains(operand) ? record.operands[operand] : nil
      }
      guard let loop = record.op as? While else {
        return captured(position + 1).flatMap { output(of: $0) }
      }
      if position == 0 { return Output(node: portName("iteration", of: record), index: 0) }
      position -= 1
      if position < loop.carriedCount {
        return Output(node: portName("carried_\(position)", of: record), index: 0)
      }
      position -= loop.carriedCount
      let isCondition = loop.hasCondition && record.regions.first == region
      if !isCondition {
        if position < loop.scans.count {
          return Output(node: portName("slice_\(position)", of: record), index: 0)
        }
        position -= loop.scans.count
      }
      return captured(loop.invariantRange.lowerBound + position).flatMap { output(of: $0) }
    }
  }

  /// A name within the loop's that no operation has.
  private mutating func portName(_ role: String, of loop: OperationRecord) -> String {
    let key = "\(loop.name)/\(role)"
    if let known = portNames[key] { return known }
    var name = key
    while state.operationsByName[name] != nil { name += "_" }
    portNames[key] = name
    return name
  }
}

extension Graph {
  /// The graph as a list of named nodes.
  package var outline: GraphOutline { GraphOutline(read { copy $0 }) }
}
