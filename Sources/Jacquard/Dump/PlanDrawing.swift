/// The schedule of a plan as boxes, nodes and edges: a node for each kernel and each view, a box for each loop and branch.
///
/// Edges follow slots. What a body does not compute itself (carried values, slices, the iteration) comes from its loop's entrance; what
/// none of its steps reads goes to its exit, from where steps after the loop take its results.
struct PlanDrawing {
  /// A loop, a conditional or a region of one, while its rows are drawn.
  private struct Nest {
    var row: Int
    var depth: Int
    var box: DotDocument.Box
    var entrance: String
    var exit: String
    /// Results of its steps that no step has read yet, each with its node.
    var unread: [(slot: Int, node: String, type: TensorType)] = []
  }

  private let rows: [PlanRow]
  private let names: [String]
  private let inputs: [Input]
  private var document: DotDocument
  private var nests: [Nest] = []
  /// The node that last gave each slot its value, looked up by key only.
  private var writers: [Int: String] = [:]
  private var drawnInputs: [Int] = []
  private var step = 0

  /// Something that is bound when a run starts.
  struct Input {
    var name: String
    var style: DotNodeStyle
  }

  /// - Parameters:
  ///   - names: the name of the operation of each row.
  ///   - inputs: what the plan takes, in its order.
  init(_ rows: [PlanRow], names: [String], inputs: [Input], title: String?) {
    self.rows = rows
    self.names = names
    self.inputs = inputs
    document = DotDocument(name: "plan", title: title)
  }

  mutating func rendered() -> String {
    for index in rows.indices {
      while let last = nests.last, last.depth >= rows[index].depth { close() }
      switch rows[index].kind {
      case .kernel, .view: addStep(index)
      case .loop, .conditional: openOwner(index)
      case .condition, .body, .branch: openRegion(index)
      }
    }
    while !nests.isEmpty { close() }
    return document.rendered()
  }

  // MARK: - Steps

  private mutating func addStep(_ index: Int) {
    let row = rows[index]
    var id = "row \(index)"
    var label = row.name == names[index] ? row.name : "\(row.name)\n\(names[index])"
    var style = DotNodeStyle.parameter
    if row.kind == .kernel {
      step += 1
      id = "step \(step)"
      label = "\(step) \(label)"
      style = .operation
      if row.byteCount > 0 { label += "\n\(row.byteCount) bytes" }
    }
    addOperands(of: row, to: id)
    add(.node(id: id, style.attributes(label: label)))
    for result in row.results { write(result, by: id) }
  }

  private mutating func write(_ result: PlanRow.Buffer, by node: String) {
    guard result.slot != PlanBuilder.unusedSlot else { return }
    writers[result.slot] = node
    guard !nests.isEmpty else { return }
    nests[nests.count - 1].unread.append((result.slot, node, result.type))
  }

  private mutating func addOperands(
    of row: PlanRow, to node: String, where isDrawn: (PlanRow.Buffer) -> Bool = { _ in true }
  ) {
    for (position, operand) in row.operands.enumerated() where isDrawn(operand) {
      guard let source = source(of: operand) else { continue }
      var label = "\(operand.type)"
      if row.inPlaceOperand == position { label += "\nin place" }
      document.edges.append(
        .init(from: source, to: node, attributes: DotEdgeStyle.data.attributes(label: label)))
      for nest in nests.indices { nests[nest].unread.removeAll { $0.slot == operand.slot } }
    }
  }

  /// The node that an operand comes from; `nil` for constants and for what has no elements.
  private mutating func source(of operand: PlanRow.Buffer) -> String? {
    guard operand.slot != PlanBuilder.unusedSlot else { return nil }
    if let writer = writers[operand.slot] { return writer }
    switch operand.home {
    case .constant: return nil
    case .input(let position):
      let id = "input \(position)"
      if !drawnInputs.contains(position) {
        drawnInputs.append(position)
        let input = inputs[position]
        document.items.append(
          .node(id: id, input.style.attributes(label: "\(input.name)\n\(operand.type)")))
      }
      return id
    case .block, .running: return nests.last?.entrance
    }
  }

  // MARK: - Loops and branches

  private mutating func openOwner(_ index: Int) {
    let row = rows[index]
    var title = "\(row.name) \(names[index])\n\(row.kernelCount.counted("kernel"))"
    if let count = row.tripCount { title += ", \(count) times" }
    let entrance = "row \(index) entrance"
    // What a nested step reads at its own address, the same in every iteration, leads there directly.
    let nested = rows[(index + 1)...].prefix { $0.depth > row.depth }
    addOperands(of: row, to: entrance) { operand in
      !nested.contains { $0.operands.contains { $0.slot == operand.slot } }
    }
    open(
      Nest(
        row: index, depth: row.depth,
        box: .init(
          id: "row \(index)",
          attributes: [
            ("label", .plain(title)), ("style", .plain("filled")), ("fillcolor", .plain("#eaf1fa")),
            ("color", .plain("#27548a")), ("penwidth", .plain("2")),
          ]),
        entrance: entrance, exit: "row \(index) exit"))
    add(.node(id: entrance, DotNodeStyle.parameter.attributes(label: "enter")))
  }

  private mutating func openRegion(_ index: Int) {
    let row = rows[index]
    open(
      Nest(
        row: index, depth: row.depth,
        box: .init(
          id: "row \(index)",
          attributes: [
            ("label", .plain(row.name)), ("style", .plain("filled,dashed")),
            ("fillcolor", .plain("#f8fbff")), ("color", .plain("#6b8fb8")),
            ("penwidth", .plain("1")),
          ]),
        entrance: nests.last?.entrance ?? "", exit: nests.last?.exit ?? ""))
  }

  private mutating func open(_ nest: Nest) { nests.append(nest) }

  private mutating func close() {
    var nest = nests.removeLast()
    for result in nest.unread {
      document.edges.append(
        .init(
          from: result.node, to: nest.exit,
          attributes: DotEdgeStyle.data.attributes(label: "\(result.type)")))
    }
    let row = rows[nest.row]
    let isOwner = row.kind == .loop || row.kind == .conditional
    if isOwner {
      nest.box.items.append(
        .node(id: nest.exit, DotNodeStyle.parameter.attributes(label: "leave")))
      // Keeps the exit below the entrance, even of an empty body.
      document.edges.append(
        .init(from: nest.entrance, to: nest.exit, attributes: [("style", .plain("invis"))]))
    }
    add(.box(nest.box))
    if isOwner { for result in row.results { write(result, by: nest.exit) } }
  }

  private mutating func add(_ item: DotDocument.Item) {
    if nests.isEmpty {
      document.items.append(item)
    } else {
      nests[nests.count - 1].box.items.append(item)
    }
  }
}
