extension GraphDrawing {
  /// An edge, which may stand for several tensors if an end of it is folded.
  struct Edge {
    var from: String
    var to: String
    var style: DotEdgeStyle
    /// What is said before the type: `scan axis 1`.
    var role = ""
    var values: [ValueID] = []
    /// How the types of `values` are told.
    var types = ""
    /// The boxes at which it is cut off, if its ends are boxes.
    var tailBox: String?
    var headBox: String?
    /// How short it is to be drawn.
    var weight = 1

    var rendered: DotDocument.Edge {
      let label = [role, types].filter { !$0.isEmpty }.joined(separator: "\n")
      var attributes = style.attributes(label: label)
      if weight > 1 { attributes.append(("weight", .plain("\(weight)"))) }
      if let tailBox { attributes.append(("ltail", .plain("cluster \(tailBox)"))) }
      if let headBox { attributes.append(("lhead", .plain("cluster \(headBox)"))) }
      return DotDocument.Edge(from: from, to: to, attributes: attributes)
    }
  }

  /// The edges, in the program order of the operations they lead to.
  func edges() -> [Edge] {
    var table = EdgeTable(self)
    for id in drawn.ids where !inlined[id.index] {
      let record = state[operation: id]
      switch record.op {
      case let loop as While where drawsOperandRoles(of: id):
        addLoopOperands(of: id, loop, to: &table)
        if isOpenBox(id) { addLoopResults(of: record, loop, to: &table) }
      case is Conditional where isOpenBox(id):
        addConditional(record, to: &table)
      default:
        for (index, operand) in record.operands.enumerated() {
          table.add(
            operand, to: nodeName(of: id), style: operandStyle(of: id, record, index),
            isFolded: tree.fold(of: id) != nil)
        }
      }
      addState(of: id, record, to: &table)
    }
    return table.finished
  }

  /// Whether edges to the loop tell carried, scanned and invariant operands apart: unless it is part of something folded.
  private func drawsOperandRoles(of id: OperationID) -> Bool {
    guard let own = tree.ownBox(of: id) else { return true }
    return tree.boxes[own].fold == nil || tree.boxes[own].fold == own
  }

  private func operandStyle(
    of id: OperationID, _ record: OperationRecord, _ index: Int
  ) -> DotEdgeStyle {
    if let variable = assignedVariable(record), nodeName(of: variable) == nodeName(of: id) {
      return .assignment
    }
    return record.op.usesElements(ofOperand: index) ? .data : .shapeOnly
  }

  /// The operation that stands for the variable that `record` assigns to, if it is drawn.
  private func assignedVariable(_ record: OperationRecord) -> OperationID? {
    guard case .assigns(let variable) = record.op.effect else { return nil }
    return variableOperation(variable)
  }

  private func variableOperation(_ variable: VariableID) -> OperationID? {
    state.producer(of: state.variables[variable.index].read).flatMap {
      drawn.contains($0) ? $0 : nil
    }
  }

  // MARK: - Loops and conditionals

  private func addLoopOperands(of id: OperationID, _ loop: While, to table: inout EdgeTable) {
    let record = state[operation: id]
    let isOpen = isOpenBox(id)
    func add(_ index: Int, _ port: String, _ style: DotEdgeStyle, _ role: String) {
      guard record.operands.indices.contains(index) else { return }
      table.add(
        record.operands[index], to: isOpen ? "\(record.name) \(port)" : nodeName(of: id),
        style: style, role: role, isFolded: !isOpen)
    }
    for index in 0..<loop.carriedCount { add(index, "carried \(index)", .start, "start") }
    for (index, scan) in loop.scans.enumerated() {
      let direction = scan.reversed ? "backwards" : "forwards"
      add(
        loop.scanRange.lowerBound + index, "slice \(index)", .scan,
        "scan axis \(scan.axis) \(direction)")
    }
    for index in 0..<loop.invariantCount {
      add(loop.invariantRange.lowerBound + index, "invariant \(index)", .invariant, "")
    }
    if loop.hasBound { add(loop.operandCount - 1, "bound", .data, "at most") }
  }

  private func addLoopResults(
    of record: OperationRecord, _ loop: While, to table: inout EdgeTable
  ) {
    if loop.hasCondition, let holds = state[region: record.regions[0]].results.first {
      table.add(holds, to: "\(record.name) continue?", style: .data)
    }
    guard let body = record.regions.last else { return }
    for (index, result) in state[region: body].results.enumerated() {
      if index < loop.carriedCount {
        let next = "\(record.name) next \(index)"
        table.add(result, to: next, style: .data)
        table.add(
          Edge(from: next, to: "\(record.name) carried \(index)", style: .next, role: "next"))
      } else {
        let position = index - loop.carriedCount
        let stack = loop.stacks[position]
        table.add(
          result, to: "\(record.name) stack \(position)", style: .data,
          role: "stack axis \(stack.axis) \(stack.reversed ? "backwards" : "forwards")")
      }
    }
  }

  private func addConditional(_ record: OperationRecord, to table: inout EdgeTable) {
    for (index, operand) in record.operands.enumerated() {
      let port = index == 0 ? "if" : "captured \(index - 1)"
      table.add(operand, to: "\(record.name) \(port)", style: index == 0 ? .data : .invariant)
    }
    for (name, region) in zip(["then", "else"], record.regions) {
      for (index, result) in state[region: region].results.enumerated() {
        table.add(result, to: "\(record.name) result \(index)", style: .data, role: name)
      }
    }
  }

  // MARK: - Order and state

  private func addState(of id: OperationID, _ record: OperationRecord, to table: inout EdgeTable) {
    for control in record.controlInputs where drawn.contains(control) {
      var edge = Edge(from: endpoint(control), to: endpoint(id), style: .control)
      if isOpenBox(control) { edge.tailBox = state[operation: control].name }
      if isOpenBox(id) { edge.headBox = record.name }
      table.add(edge)
    }
    if case .reads(let variable) = record.op.effect, let first = variableOperation(variable),
      first != id
    {
      table.add(
        Edge(from: nodeName(of: first), to: nodeName(of: id), style: .data, role: "read again"))
    }
  }

  /// A node in the drawing of an operation, which may be a box.
  private func endpoint(_ id: OperationID) -> String {
    isOpenBox(id) ? ports(of: id)[0].name : nodeName(of: id)
  }
}

/// Collects edges; those between the same nodes become one if an end of them is folded, or if there are many.
private struct EdgeTable {
  private struct Key: Hashable {
    var from: String
    var to: String
    var style: DotEdgeStyle
    var role: String
  }

  private let drawing: GraphDrawing
  private var edges: [GraphDrawing.Edge] = []
  private var mergeable: [Key: Int] = [:]

  init(_ drawing: GraphDrawing) { self.drawing = drawing }

  /// An edge from wherever `value` is to be had, unless it is a constant written into its user.
  mutating func add(
    _ value: ValueID, to: String, style: DotEdgeStyle, role: String = "", isFolded: Bool = false
  ) {
    guard drawing.inlinedConstant(value) == nil, let from = drawing.nodeName(of: value) else {
      return
    }
    let producer = drawing.state.producer(of: value)
    let isGradient = producer.map { drawing.state[operation: $0].isGradient } ?? false
    let style = style == .data && isGradient ? .gradient : style
    // In an overview, that something folded takes a shape from afar is of no interest.
    if style == .shapeOnly && isFolded { return }
    let edge = GraphDrawing.Edge(from: from, to: to, style: style, role: role, values: [value])
    add(edge, merging: isFolded || producer.map { drawing.tree.fold(of: $0) != nil } ?? false)
  }

  /// An edge that stands for no tensor; drawn once between two nodes.
  mutating func add(_ edge: GraphDrawing.Edge) { add(edge, merging: true) }

  private mutating func add(_ edge: GraphDrawing.Edge, merging: Bool) {
    guard edge.from != edge.to else { return }
    guard merging else {
      edges.append(edge)
      return
    }
    let key = Key(from: edge.from, to: edge.to, style: edge.style, role: edge.role)
    guard let known = mergeable[key] else {
      mergeable[key] = edges.count
      edges.append(edge)
      return
    }
    for value in edge.values where !edges[known].values.contains(value) {
      edges[known].values.append(value)
    }
  }

  /// The most edges of one kind that are drawn between two nodes; more become one.
  private static let mostParallel = 3

  /// The edges, with one in place of many between the same nodes.
  private var bundled: [GraphDrawing.Edge] {
    func key(_ edge: GraphDrawing.Edge) -> Key {
      Key(from: edge.from, to: edge.to, style: edge.style, role: edge.role)
    }
    var places: [Key: [Int]] = [:]
    for (index, edge) in edges.enumerated() { places[key(edge), default: []].append(index) }
    return edges.enumerated().compactMap { index, edge in
      let parallel = places[key(edge)]!
      guard parallel.count > Self.mostParallel else { return edge }
      guard index == parallel[0] else { return nil }
      var bundle = edge
      bundle.values = parallel.flatMap { edges[$0].values }
      return bundle
    }
  }

  /// The edges, with their types.
  var finished: [GraphDrawing.Edge] {
    bundled.map { edge in
      var edge = edge
      edge.weight = drawing.weight(from: edge.from, to: edge.to)
      let types = edge.values.map { "\(drawing.state[value: $0].type)" }
      if types.count == 1 {
        edge.types = types[0]
      } else if types.count > 1 {
        let isUniform = types.allSatisfy { $0 == types[0] }
        edge.types = isUniform ? "\(types.count) × \(types[0])" : "\(types.count) tensors"
      }
      return edge
    }
  }
}
