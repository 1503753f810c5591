import JacquardArrays

/// Computes chains of elementwise operations tile by tile, in one kernel.
///
/// Nodes are given stages: a node that reads a fusable one of its own shape may share its stage; whatever else stands between
/// two nodes raises it. No path leaves a stage and comes back, so nodes of one stage and shape may become one without a cycle;
/// those of them that are connected do.
struct FuseElementwise: Pass {
  static let name = "fuse-elementwise"
  static let contract =
    "Connected elementwise nodes of one shape, with the parts of arrays they read and the joints they fill, become one node with the same bits."

  func run(_ program: inout Program) {
    var values = Program(values: program.values)
    program.root.rewrite { block in
      var fusion = Fusion(values, block)
      block = fusion.fused()
      values = fusion.program
    }
    program.values = values.values
  }
}

/// The fusion of the nodes of one block.
private struct Fusion {
  private(set) var program: Program
  private let block: Block
  /// The node that gives each value.
  private var producer: [Value: Int] = [:]
  /// The nodes that read each value.
  private var readers: [Value: [Int]] = [:]
  private var isResult: Set<Value> = []
  private var stages: [Int] = []
  private var shapes: [[Int]?] = []
  /// For each node the first of its group.
  private var groups: DisjointSets

  /// More steps than this are cut in two kernels, each of which stays in the first-level cache.
  private static let groupLimit = 64

  init(_ program: Program, _ block: Block) {
    self.program = program
    self.block = block
    groups = DisjointSets(count: block.nodes.count)
    for (index, node) in block.nodes.enumerated() {
      for result in node.results { producer[result] = index }
      for (position, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: position) {
        readers[operand, default: []].append(index)
      }
    }
    isResult = Set(block.results)
    shapes = block.nodes.map { program.fusableShape(of: $0) }
    assignStages()
    connect()
  }

  private mutating func assignStages() {
    var effectStage = 0
    for (index, node) in block.nodes.enumerated() {
      var stage = 0
      for (position, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: position) {
        guard let source = producer[operand] else { continue }
        let isBarrier = shapes[source] != nil && shapes[source] != shapes[index]
        stage = max(stage, stages[source] + (isBarrier ? 1 : 0))
      }
      if node.hasExternalEffect {
        stage = max(stage, effectStage)
        effectStage = stage
      }
      stages.append(stage)
    }
  }

  /// Joins each node with those of its stage and shape that it reads, or that read large operands it reads.
  private mutating func connect() {
    var readerOf: [SharedOperand: Int] = [:]
    for (index, node) in block.nodes.enumerated() {
      guard let shape = shapes[index] else { continue }
      for operand in node.operands {
        if let source = producer[operand], stages[source] == stages[index],
          shapes[source] == shape
        {
          groups.join(source, index)
        }
        guard program.constant(operand) == nil,
          let count = program.type(of: operand).shape.elementCount,
          count >= ShapeArithmetic.elementCount(shape), count > 1
        else { continue }
        let key = SharedOperand(value: operand, stage: stages[index], shape: shape)
        if let other = readerOf[key] { groups.join(other, index) } else { readerOf[key] = index }
      }
    }
  }

  private struct SharedOperand: Hashable {
    var value: Value
    var stage: Int
    var shape: [Int]
  }

  // MARK: The block anew

  mutating func fused() -> Block {
    var items: [Item] = []
    var itemOfNode = [Int](repeating: -1, count: block.nodes.count)
    var members: [Int: [Int]] = [:]
    for index in block.nodes.indices where shapes[index] != nil {
      members[groups.root(of: index), default: []].append(index)
    }
    for index in block.nodes.indices {
      if shapes[index] == nil {
        itemOfNode[index] = items.count
        items.append(Item(nodes: [index]))
        continue
      }
      guard itemOfNode[index] < 0, let group = members[groups.root(of: index)] else { continue }
      for start in stride(from: 0, to: group.count, by: Self.groupLimit) {
        let part = Array(group[start..<min(start + Self.groupLimit, group.count)])
        for node in part { itemOfNode[node] = items.count }
        items.append(Item(nodes: part))
      }
    }
    var result = block
    result.nodes = []
    var dropped: Set<Int> = []
    for item in order(items, itemOfNode) {
      let nodes = items[item].nodes
      if nodes.count == 1, dropped.contains(nodes[0]) { continue }
      if let fused = fuse(nodes, dropped: &dropped) {
        result.nodes.append(fused)
      } else {
        result.nodes += nodes.map { block.nodes[$0] }
      }
    }
    return result
  }

  private struct Item {
    var nodes: [Int]
    /// Where it would like to stand: at its last node.
    var position: Int { nodes[nodes.count - 1] }
  }

  /// The items such that each comes after what it reads, and as near to where it stood as that allows.
  private func order(_ items: [Item], _ itemOfNode: [Int]) -> [Int] {
    var dependencies = [[Int]](repeating: [], count: items.count)
    var lastEffect: Int?
    for (index, node) in block.nodes.enumerated() {
      let item = itemOfNode[index]
      for (position, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: position) {
        if let source = producer[operand], itemOfNode[source] != item {
          dependencies[item].append(itemOfNode[source])
        }
      }
      if node.hasExternalEffect {
        if let lastEffect { dependencies[item].append(lastEffect) }
        lastEffect = item
      }
    }
    var order: [Int] = []
    var isDone = [Bool](repeating: false, count: items.count)
    for start in items.indices.sorted(by: { items[$0].position < items[$1].position }) {
      var stack = [start]
      while let item = stack.last {
        if isDone[item] {
          stack.removeLast()
        } else if let open = dependencies[item].first(where: { !isDone[$0] }) {
          stack.append(open)
        } else {
          isDone[item] = true
          order.append(item)
          stack.removeLast()
        }
      }
    }
    return order
  }

  /// One node in place of `nodes`, and of the joints that their results alone fill; `nil` if they are best left alone.
  private mutating func fuse(_ nodes: [Int], dropped: inout Set<Int>) -> Node? {
    guard let shape = shapes[nodes[0]] else { return nil }
    var builder = FusedNodeBuilder(program, shape: shape)
    for index in nodes {
      let node = block.nodes[index]
      let isRead = node.operands.map { operand in
        builder.partRead(operand, of: producer[operand].map { block.nodes[$0] })
      }
      guard builder.append(node, reading: isRead) else { return nil }
    }
    let own = Set(nodes)
    var joints: [Int] = []
    for index in nodes {
      let value = block.nodes[index].results[0]
      var isNeeded = isResult.contains(value)
      for reader in readers[value] ?? [] where !own.contains(reader) {
        if joins(reader, shape: shape, own: own) {
          if !joints.contains(reader) { joints.append(reader) }
        } else {
          isNeeded = true
        }
      }
      if isNeeded { builder.addResult(value) }
    }
    for joint in joints.sorted() { builder.addJoint(block.nodes[joint]) }
    guard nodes.count > 1 || builder.readsParts || !joints.isEmpty,
      let node = builder.node(origin: block.nodes[nodes[nodes.count - 1]].origin)
    else { return nil }
    dropped.formUnion(joints)
    return node
  }

  /// Whether a node joins values of the group, and nothing else.
  private func joins(_ index: Int, shape: [Int], own: Set<Int>) -> Bool {
    let node = block.nodes[index]
    guard node.op is Concatenate, node.operands.count > 1 else { return false }
    return node.operands.allSatisfy { operand in
      guard let source = producer[operand] else { return false }
      return own.contains(source)
    }
  }
}

extension Program {
  /// The shape of a node's result, if the node may be fused with others.
  fileprivate func fusableShape(of node: Node) -> [Int]? {
    guard node.results.count == 1, let shape = type(of: node.results[0]).shape.known else {
      return nil
    }
    let dtypes = node.operands.map { type(of: $0).dtype }
    switch node.op {
    case let op as any ElementwiseOp:
      return op.effect == .none && !op.canFail(dtypes) ? shape : nil
    case is AddN:
      return node.operands.count > 1 ? shape : nil
    default:
      return nil
    }
  }
}

/// Sets of numbers that only grow together.
struct DisjointSets {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  mutating func root(of index: Int) -> Int {
    var index = index
    while parents[index] != index {
      parents[index] = parents[parents[index]]
      index = parents[index]
    }
    return index
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (root(of: a), root(of: b))
    parents[max(a, b)] = min(a, b)
  }
}
