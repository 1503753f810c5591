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
    var fusion = Fusion(program)
    program.root.rewrite { fusion.fuse(&$0) }
  }
}

/// The fusion of the nodes of one block after the other.
private struct Fusion {
  private let program: Program
  private var graph: BlockGraph
  private var block = Block()
  private var stages: [Int32] = []
  /// For each node the number of its result's shape; −1 if it cannot be fused.
  private var shapes: [Int32] = []
  private var numberOfShape: [PartialShape: Int32] = [:]
  private var shapeOfNumber: [[Int]] = []
  /// For each node the first of its group.
  private var groups = DisjointSets(count: 0)
  /// For each node the item it is part of.
  private var itemOfNode: [Int32] = []

  /// More steps than this are cut in two kernels, each of which stays in the first-level cache.
  private static let groupLimit = 64

  init(_ program: Program) {
    self.program = Program(values: program.values)
    graph = BlockGraph(program)
  }

  mutating func fuse(_ block: inout Block) {
    shapes = block.nodes.indices.map { shapeNumber(block.nodes[$0]) }
    guard shapes.contains(where: { $0 >= 0 }) else { return }
    swap(&block, &self.block)
    graph.enter(self.block)
    groups = DisjointSets(count: self.block.nodes.count)
    assignStages()
    connect()
    let nodes = fused()
    graph.leave(self.block)
    swap(&block, &self.block)
    block.nodes = nodes
  }

  /// The number of the shape of a node's result, if the node may be fused with others; else −1.
  private mutating func shapeNumber(_ node: Node) -> Int32 {
    guard node.results.count == 1, node.regions.isEmpty else { return -1 }
    let shape = program.type(of: node.results[0]).shape
    switch node.op {
    case let op as any ElementwiseOp:
      guard op.effect == .none, !op.canFail(node.operands.map { program.type(of: $0).dtype }) else {
        return -1
      }
    case is AddN:
      guard node.operands.count > 1 else { return -1 }
    default: return -1
    }
    if let number = numberOfShape[shape] { return number }
    guard let known = shape.known else { return -1 }
    let number = Int32(shapeOfNumber.count)
    numberOfShape[shape] = number
    shapeOfNumber.append(known)
    return number
  }

  private mutating func assignStages() {
    stages.removeAll(keepingCapacity: true)
    var effectStage: Int32 = 0
    for index in block.nodes.indices {
      var stage: Int32 = 0
      graph.forEachSource(of: block.nodes[index]) { source in
        let isBarrier = shapes[source] >= 0 && shapes[source] != shapes[index]
        stage = max(stage, stages[source] + (isBarrier ? 1 : 0))
      }
      if block.nodes[index].hasExternalEffect {
        stage = max(stage, effectStage)
        effectStage = stage
      }
      stages.append(stage)
    }
  }

  /// Joins each node with those of its stage and shape that it reads, or that read large operands it reads.
  private mutating func connect() {
    var readerOf: [SharedOperand: Int] = [:]
    for index in block.nodes.indices where shapes[index] >= 0 {
      let count = ShapeArithmetic.elementCount(shapeOfNumber[Int(shapes[index])])
      for operand in block.nodes[index].operands {
        if let source = graph.producer(of: operand), stages[source] == stages[index],
          shapes[source] == shapes[index]
        {
          groups.join(source, index)
        }
        guard !program.isConstant(operand),
          let own = program.type(of: operand).shape.elementCount, own >= count, own > 1
        else { continue }
        let key = SharedOperand(value: operand, stage: stages[index], shape: shapes[index])
        if let other = readerOf[key] { groups.join(other, index) } else { readerOf[key] = index }
      }
    }
  }

  private struct SharedOperand: Hashable {
    var value: Value
    var stage: Int32
    var shape: Int32
  }

  // MARK: The block anew

  private mutating func fused() -> [Node] {
    let items = makeItems()
    var nodes: [Node] = []
    nodes.reserveCapacity(items.count)
    var isDropped = [Bool](repeating: false, count: block.nodes.count)
    for item in order(items) {
      if items[item].count == 1, isDropped[items[item][0]] { continue }
      if let fused = fuse(items[item], dropped: &isDropped) {
        nodes.append(fused)
      } else {
        for index in items[item] { nodes.append(block.nodes[index]) }
      }
    }
    return nodes
  }

  /// The nodes that become one, or stay one, in order of the first of them.
  private mutating func makeItems() -> [[Int]] {
    var items: [[Int]] = []
    itemOfNode = Array(repeating: -1, count: block.nodes.count)
    /// The item to which the next node of a group goes, by the group's first node.
    var openItem = itemOfNode
    for index in block.nodes.indices {
      let root = shapes[index] >= 0 ? groups.root(of: index) : index
      if openItem[root] < 0 || items[Int(openItem[root])].count == Self.groupLimit {
        openItem[root] = Int32(items.count)
        items.append([])
      }
      itemOfNode[index] = openItem[root]
      items[Int(openItem[root])].append(index)
    }
    return items
  }

  /// The items such that each comes after what it reads, and as near to where its last node stood as that allows.
  private func order(_ items: [[Int]]) -> [Int] {
    var dependencies = [[Int32]](repeating: [], count: items.count)
    var lastEffect: Int32?
    for index in block.nodes.indices {
      let item = itemOfNode[index]
      graph.forEachSource(of: block.nodes[index]) { source in
        if itemOfNode[source] != item { dependencies[Int(item)].append(itemOfNode[source]) }
      }
      if block.nodes[index].hasExternalEffect {
        if let lastEffect { dependencies[Int(item)].append(lastEffect) }
        lastEffect = item
      }
    }
    var order: [Int] = []
    order.reserveCapacity(items.count)
    var isDone = [Bool](repeating: false, count: items.count)
    /// How many of its dependencies are done.
    var met = [Int](repeating: 0, count: items.count)
    var stack: [Int] = []
    for index in block.nodes.indices where items[Int(itemOfNode[index])].last == index {
      stack.append(Int(itemOfNode[index]))
      while let item = stack.last {
        while met[item] < dependencies[item].count, isDone[Int(dependencies[item][met[item]])] {
          met[item] += 1
        }
        if isDone[item] {
          stack.removeLast()
        } else if met[item] < dependencies[item].count {
          stack.append(Int(dependencies[item][met[item]]))
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
  private func fuse(_ nodes: [Int], dropped: inout [Bool]) -> Node? {
    guard shapes[nodes[0]] >= 0 else { return nil }
    var builder = FusedNodeBuilder(program, shape: shapeOfNumber[Int(shapes[nodes[0]])])
    for index in nodes {
      let isAppended = builder.append(block.nodes[index]) { operand in
        // What can be fused takes no parts.
        graph.producer(of: operand).flatMap { shapes[$0] < 0 ? block.nodes[$0] : nil }
      }
      guard isAppended else { return nil }
    }
    let own = itemOfNode[nodes[0]]
    var joints: [Int] = []
    var needed: [Value] = []
    for index in nodes {
      let value = block.nodes[index].results[0]
      var isNeeded = graph.isResult(value)
      graph.forEachReader(of: value) { reader in
        if itemOfNode[reader] == own { return }
        if joins(reader, own) {
          if !joints.contains(reader) { joints.append(reader) }
        } else {
          isNeeded = true
        }
      }
      if isNeeded { needed.append(value) }
    }
    // Result 0 may lie over an operand: best is the one computed when all have been read.
    for value in needed.suffix(1) + needed.dropLast() { builder.addResult(value) }
    for joint in joints.sorted() { builder.addJoint(block.nodes[joint]) }
    guard nodes.count > 1 || builder.readsParts || !joints.isEmpty,
      let node = builder.node(origin: block.nodes[nodes[nodes.count - 1]].origin)
    else { return nil }
    for joint in joints { dropped[joint] = true }
    return node
  }

  /// Whether a node joins values of the item `own`, and nothing else.
  private func joins(_ index: Int, _ own: Int32) -> Bool {
    guard block.nodes[index].op is Concatenate, block.nodes[index].operands.count > 1 else {
      return false
    }
    return block.nodes[index].operands.allSatisfy { operand in
      graph.producer(of: operand).map { itemOfNode[$0] == own } ?? false
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
