/// Makes window by window what is only scanned in windows, and is a fed array in another order, with something joined to it perhaps.
///
/// Made before the loop, such an array lies in memory beside the one it is made of, until the last loop that scans it is done. In the
/// body of the loop over windows only the part for one window is there, at the price of moving it once for each loop.
struct SinkArrangements: WindowPass {
  static let name = "sink-arrangements"
  static let contract =
    "What transposes or joins inputs only for loops over windows to scan is done in their bodies, for one window at a time; bits stay the same."

  var limits = WindowLimits()

  /// A loop's slice that shows a window of an array.
  private struct Window {
    var loop: Int
    var slice: Value
    /// How many windows there are.
    var count: Int
  }

  private struct Windows {
    var scans: [Window] = []
    /// The views through which the array is scanned.
    var views: Set<Int> = []
  }

  /// Moves the last array for which that is possible; false if there is none.
  func rewrite(_ block: inout Block, _ program: inout Program) -> Bool {
    let candidates = block.nodes.indices.filter { isArrangement(block.nodes[$0], program) }
    if candidates.isEmpty { return false }
    let graph = BlockGraph(block, program)
    for index in candidates.reversed() {
      let array = block.nodes[index].results[0]
      let arranged = ArrangedParts(block, graph)
      guard let windows = windows(of: array, in: block, graph, program),
        windows.scans.allSatisfy({ arranged.canTake(array, axis: 0, of: $0.count, program) })
      else { continue }
      var replaced: [Int: [Node]] = [:]
      for loop in Set(windows.scans.map(\.loop)).sorted() {
        guard var form = LoopForm(block.nodes[loop]) else { continue }
        var before = NodeList(origin: form.origin)
        var nodes: [Node] = []
        for window in windows.scans where window.loop == loop {
          guard let scan = form.scans.firstIndex(where: { $0.slice == window.slice }) else {
            continue
          }
          let isReversed = form.scans.remove(at: scan).specification.reversed
          var parts = arranged
          guard
            let part = parts.take(
              array, axis: 0, of: window.count, reversed: isReversed, &form, &before, &program),
            let shape = program.type(of: window.slice).shape.known
          else { return false }
          var list = NodeList(origin: form.origin)
          _ = list.append(Reshape(shape: shape), [part], as: window.slice, in: &program)
          nodes += parts.nodes + list.nodes
        }
        form.nodes = nodes + form.nodes
        replaced[loop] = before.nodes + [form.node]
      }
      let nodes = block.nodes
      block.nodes = nodes.indices.flatMap { position in
        position == index || windows.views.contains(position)
          ? [] : replaced[position] ?? [nodes[position]]
      }
      return true
    }
    return false
  }

  private func isArrangement(_ node: Node, _ program: Program) -> Bool {
    guard node.op is Transpose || node.op is Concatenate,
      let bytes = program.type(of: node.results[0]).byteCount
    else { return false }
    return bytes >= max(limits.leastBytes, 1)
  }

  /// Where `array` is scanned; `nil` unless loops over windows alone read it.
  private func windows(
    of array: Value, in block: Block, _ graph: BlockGraph, _ program: Program
  ) -> Windows? {
    var found = Windows()
    var values = [array]
    while let value = values.popLast() {
      guard !graph.isResult(value) else { return nil }
      for index in Set(graph.readers(of: value)).sorted() {
        let node = block.nodes[index]
        if node.isReshape {
          found.views.insert(index)
          values.append(node.results[0])
          continue
        }
        guard let form = LoopForm(node), let count = form.fullTripCount(in: program), count > 1,
          node.regions[0].hasRegions
        else { return nil }
        let scans = form.scans.filter { $0.array == value && $0.specification.axis == 0 }
        guard node.operands.count(where: { $0 == value }) == scans.count else { return nil }
        found.scans += scans.map { Window(loop: index, slice: $0.slice, count: count) }
      }
    }
    return found.scans.isEmpty ? nil : found
  }
}

/// Parts of arrays, made of the same parts of what the arrays are made of.
private struct ArrangedParts {
  /// What makes the parts, in the body of a loop.
  private(set) var nodes: [Node] = []
  private let block: Block
  private let graph: BlockGraph

  init(_ block: Block, _ graph: BlockGraph) {
    self.block = block
    self.graph = graph
  }

  /// The operands of which a node takes parts to make a part of its result along `axis`, and along which axes.
  private func sources(
    of node: Node, axis: Int, _ program: Program
  ) -> [(value: Value, axis: Int)]? {
    let first = node.operands[0]
    guard let rank = program.type(of: first).shape.rank else { return nil }
    switch node.op {
    case let op as Transpose:
      return [(first, op.order(rank: rank)[axis])]
    case let op as Concatenate:
      return (op.axis < 0 ? op.axis + rank : op.axis) == axis
        ? nil : node.operands.map { ($0, axis) }
    default:
      // Rows that lie in one piece are the same memory in any shape.
      return node.isReshape && axis == 0 && rank > 0 ? [(first, 0)] : nil
    }
  }

  /// Whether a value is an input or a constant, or shows one in another shape or a part of it.
  private func isInput(_ value: Value, _ program: Program) -> Bool {
    guard let index = graph.producer(of: value), !program.isConstant(value) else { return true }
    let node = block.nodes[index]
    guard node.isReshape || node.op is any SlicingOp,
      let context = program.loweringContext(of: node),
      case .view(operand: let operand, byteOffset: _) = node.op.aliasing(context)
    else { return false }
    return isInput(node.operands[operand], program)
  }

  /// Whether one of `count` parts of a value along `axis` can be made of parts of inputs.
  func canTake(_ value: Value, axis: Int, of count: Int, _ program: Program) -> Bool {
    guard let length = program.type(of: value).shape[axis], length % count == 0 else {
      return false
    }
    guard !isInput(value, program), let index = graph.producer(of: value) else { return true }
    guard let sources = sources(of: block.nodes[index], axis: axis, program) else { return false }
    return sources.allSatisfy { canTake($0.value, axis: $0.axis, of: count, program) }
  }

  /// The part of a value for the window that the body of `form` is in.
  mutating func take(
    _ value: Value, axis: Int, of count: Int, reversed: Bool, _ form: inout LoopForm,
    _ before: inout NodeList, _ program: inout Program
  ) -> Value? {
    guard var shape = program.type(of: value).shape.known else { return nil }
    let length = shape[axis] / count
    guard !isInput(value, program), let index = graph.producer(of: value) else {
      shape.replaceSubrange(axis...axis, with: [count, length])
      return before.append(Reshape(shape: shape), [value], in: &program).map {
        form.scan($0, ScanSpecification(axis: axis, reversed: reversed), &program)
      }
    }
    let node = block.nodes[index]
    guard let sources = sources(of: node, axis: axis, program) else { return nil }
    var parts: [Value] = []
    for source in sources {
      guard
        let part = take(
          source.value, axis: source.axis, of: count, reversed: reversed, &form, &before, &program)
      else { return nil }
      parts.append(part)
    }
    shape[axis] = length
    var list = NodeList(origin: node.origin)
    let result = list.append(
      node.isReshape ? Reshape(shape: shape) : node.op, parts, in: &program)
    nodes += list.nodes
    return result
  }
}
