/// A graph as boxes, nodes and edges.
///
/// The body of a loop meets the outside in small nodes: one for each thing it takes, which condition and body share, and one
/// for each thing it gives.
struct GraphDrawing {
  let state: GraphState
  let options: DotOptions
  let drawn: DrawnOperations
  let tree: ScopeTree
  /// Constants that are written into the operations that use them.
  let inlined: [Bool]
  /// The place of each parameter among those of its region.
  let parameterPositions: [Int?]
  /// The name of the node for each box that is drawn as one.
  let foldNames: [String?]
  private var nodeStyles: [DotNodeStyle] = []
  /// The box that each node is drawn in, looked up by key only.
  private var nodeBoxes: [String: Int] = [:]

  init(_ state: GraphState, _ options: DotOptions) {
    self.state = state
    self.options = options
    drawn = DrawnOperations(state, options)
    inlined = Self.inlinedConstants(state, drawn, options)
    tree = ScopeTree(state, drawn, inlined: inlined, maxDepth: options.maxDepth)
    var positions: [Int?] = Array(repeating: nil, count: state.values.count)
    for region in state.regions {
      for (position, parameter) in region.parameters.enumerated() {
        positions[parameter.index] = position
      }
    }
    parameterPositions = positions
    foldNames = Self.foldNames(tree)
  }

  private static func foldNames(_ tree: ScopeTree) -> [String?] {
    var taken: Set<String> = []
    return tree.boxes.indices.map { index in
      guard tree.boxes[index].fold == index else { return nil }
      var name = tree.boxes[index].path
      if tree.boxes[index].kind == .scope { name += "/" }
      while !taken.insert(name).inserted { name += "'" }
      return name
    }
  }

  mutating func document() -> DotDocument {
    var document = DotDocument(name: "graph", title: options.title)
    let items = items(of: 0)
    let edges = edges()
    if options.includeLegend {
      document.items.append(
        DotDocument.legend(nodes: nodeStyles, edges: edges.map(\.style)))
    }
    document.items += items
    document.edges = edges.map(\.rendered)
    return document
  }

  // MARK: - Nodes

  private mutating func items(of box: Int) -> [DotDocument.Item] {
    var items: [DotDocument.Item] = []
    for item in tree.boxes[box].items {
      switch item {
      case .operation(let id):
        if !inlined[id.index] {
          items.append(
            node(state[operation: id].name, style(of: id), label: label(of: id), in: box))
        }
      case .box(let inner):
        if tree.boxes[inner].fold == inner {
          items.append(folded(inner))
        } else if tree.boxes[inner].isTransparent {
          items += self.items(of: inner)
        } else {
          items.append(.box(drawing(inner)))
        }
      }
    }
    return items
  }

  private mutating func node(
    _ name: String, _ style: DotNodeStyle, label: String, in box: Int
  ) -> DotDocument.Item {
    nodeStyles.append(style)
    nodeBoxes[name] = box
    return .node(id: name, style.attributes(label: label))
  }

  private mutating func drawing(_ index: Int) -> DotDocument.Box {
    let box = tree.boxes[index]
    var attributes: DotDocument.Attributes
    var items: [DotDocument.Item] = []
    var id = box.path
    switch box.kind {
    case .root, .scope:
      let isGradient = box.operations.allSatisfy { state[operation: $0].isGradient }
      id += "/"
      attributes = [
        ("label", .plain(box.name)), ("style", .plain("filled,rounded")),
        ("fillcolor", .plain(isGradient ? "#f1f9ee" : box.depth % 2 == 1 ? "#f7f7f7" : "#efefef")),
        ("color", .plain(isGradient ? "#8cbf86" : "#b5b5b5")), ("penwidth", .plain("1")),
        ("fontsize", .plain("11")),
      ]
    case .owner(let owner):
      attributes = [
        ("label", .plain(summary(of: owner))), ("style", .plain("filled")),
        ("fillcolor", .plain("#eaf1fa")),
        ("color", .plain(isInvalid(owner) ? "#c00000" : "#27548a")), ("penwidth", .plain("2")),
        ("fontsize", .plain("11")),
      ]
      items = portItems(of: owner, in: index)
    case .region:
      id += " \(box.name)"
      attributes = [
        ("label", .plain(box.name)), ("style", .plain("filled,dashed")),
        ("fillcolor", .plain("#f8fbff")), ("color", .plain("#6b8fb8")), ("penwidth", .plain("1")),
        ("fontsize", .plain("11")),
      ]
    }
    items += self.items(of: index)
    if tree.variable(of: index) != nil { items += variableRow(of: box) }
    return DotDocument.Box(id: id, attributes: attributes, items: items)
  }

  private mutating func folded(_ index: Int) -> DotDocument.Item {
    let box = tree.boxes[index]
    let name = foldNames[index]!
    let assigned = assignments(in: box).map { "\n" + $0 } ?? ""
    if case .owner(let owner) = box.kind {
      let style: DotNodeStyle = state[operation: owner].op is While ? .loop : .conditional
      return node(name, style, label: summary(of: owner) + assigned, in: box.parent!)
    }
    if let variable = tree.variable(of: index) {
      let rest = counts(of: box.operations.filter { $0 != variable })
      return node(name, .variable, label: "\(label(of: variable))\n+ \(rest)", in: box.parent!)
    }
    let style: DotNodeStyle =
      if box.operations.allSatisfy({ state[operation: $0].op is ReadVariable }) {
        .variable
      } else if box.operations.allSatisfy({ state[operation: $0].isGradient }) {
        .foldedGradientScope
      } else { .foldedScope }
    return node(
      name, style, label: "\(box.name)\n\(counts(of: box.operations))\(assigned)",
      in: box.parent!)
  }

  /// Keeps a variable and its slots together, wherever they are used.
  private func variableRow(of box: ScopeTree.Box) -> [DotDocument.Item] {
    let names = box.operations.filter { id in
      guard let read = state[operation: id].op as? ReadVariable else { return false }
      return state.producer(of: state.variables[read.variable.index].read) == id
    }.map { state[operation: $0].name }
    return names.count > 1 ? [.row(names)] : []
  }

  /// `23 operations, 2 variables, 1 loop`.
  private func counts(of operations: [OperationID]) -> String {
    let variables = operations.count { state[operation: $0].op is ReadVariable }
    let loops = operations.count { state[operation: $0].op is While }
    let rest = operations.count - variables - loops
    return [(rest, "operation"), (variables, "variable"), (loops, "loop")]
      .filter { $0.0 > 0 }.map { $0.0.counted($0.1) }.joined(separator: ", ")
  }

  /// The nodes for what a loop or a conditional takes, in one row, and for what it gives, in another.
  private mutating func portItems(of owner: OperationID, in box: Int) -> [DotDocument.Item] {
    let ports = ports(of: owner)
    var items = ports.map { node($0.name, .parameter, label: $0.label, in: box) }
    for row in [ports.filter { $0.end == .entrance }, ports.filter { $0.end == .exit }]
    where row.count > 1 {
      items.append(.row(row.map(\.name)))
    }
    return items
  }

  /// How short an edge is to be: the more so, the smaller the box that holds both ends.
  func weight(from: String, to: String) -> Int {
    var (a, b) = (nodeBoxes[from] ?? 0, nodeBoxes[to] ?? 0)
    while a != b {
      // Boxes come after those that hold them.
      if a > b { a = tree.boxes[a].parent! } else { b = tree.boxes[b].parent! }
    }
    return 1 + 2 * tree.boxes[a].depth
  }

  // MARK: - Where things are

  /// The node that stands for an operation: its own, or that of the box it is folded into.
  func nodeName(of id: OperationID) -> String {
    if let fold = tree.fold(of: id) { return foldNames[fold]! }
    return state[operation: id].name
  }

  /// The node at which a value is to be had; `nil` for values of what is not drawn.
  func nodeName(of value: ValueID) -> String? {
    switch state[value: value].source {
    case .result(let id, let index):
      guard drawn.contains(id) else { return nil }
      guard tree.fold(of: id) == nil, tree.ownBox(of: id) != nil else { return nodeName(of: id) }
      return portName(ofResult: index, of: id)
    case .parameter(let region):
      guard let owner = drawn.owners[region.index], drawn.contains(owner) else { return nil }
      if tree.fold(of: owner) != nil { return nodeName(of: owner) }
      return portName(of: value, in: region, of: owner)
    }
  }

  /// Whether an operation is drawn as a box with its regions inside.
  func isOpenBox(_ id: OperationID) -> Bool {
    tree.ownBox(of: id) != nil && tree.fold(of: id) == nil
  }

  /// Whether an operation could not be built.
  func isInvalid(_ id: OperationID) -> Bool {
    state[operation: id].results.contains { state[value: $0].isInvalid }
  }

  // MARK: - Constants

  /// Small constants without a name of their own that only serve as operands or results of bodies.
  private static func inlinedConstants(
    _ state: GraphState, _ drawn: DrawnOperations, _ options: DotOptions
  ) -> [Bool] {
    var isInlined = Array(repeating: false, count: state.operations.count)
    for id in drawn.ids {
      let record = state[operation: id]
      for operand in record.operands + record.regions.flatMap({ state[region: $0].results }) {
        guard let producer = state.producer(of: operand),
          let constant = state[operation: producer].op as? Constant
        else { continue }
        let name = state[operation: producer].name.pathComponents.last!
        isInlined[producer.index] = constant.value.count <= 4 && name.isDefaultName(of: "Constant")
      }
    }
    for id in drawn.ids {
      for control in state[operation: id].controlInputs { isInlined[control.index] = false }
    }
    for fetch in options.fetches {
      for tensor in fetch.fetchedTensors {
        if let producer = state.producer(of: tensor.id) { isInlined[producer.index] = false }
      }
    }
    return isInlined
  }

  /// The elements of a value that is written into the operations that use it.
  func inlinedConstant(_ value: ValueID) -> String? {
    guard let producer = state.producer(of: value), inlined[producer.index] else { return nil }
    return state.constant(value).map { "\($0)" }
  }
}

extension Int {
  /// `1 operation`, `2 operations`.
  func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}

extension String {
  /// Whether it is `base`, or `base` with the number that makes it unique.
  func isDefaultName(of base: String) -> Bool {
    guard hasPrefix(base) else { return false }
    let rest = dropFirst(base.count)
    return rest.isEmpty || rest.first == "_" && Int(rest.dropFirst()) != nil
  }
}
