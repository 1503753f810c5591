/// Which nodes of the root are worth running side by side, and the order that lets them.
extension PlanBuilder {
  /// The most bytes of a kernel's results that are worth running it beside others: larger ones keep all threads busy alone, and
  /// what runs at the same time cannot share memory.
  private static let mostJointBytes = 256 << 10
  /// What a kernel must take to be moved for, and what must be saved: about what threads wait for each other.
  private static let leastNanoseconds = 500.0
  private static let leastSaving = 1500.0
  /// How many nodes ahead others are looked for.
  private static let reach = 64

  /// Brings small kernels together that need nothing of each other, so far as threads that share them save more than they wait.
  ///
  /// The first of them stays where it is; the others, and the views they need, come before the nodes in between.
  mutating func gatherJoints() {
    let nodes = program.root.nodes
    let unshared = readByOneThread()
    let costs = nodes.map { node in
      isSmallKernel(node) && node.results.allSatisfy { !unshared.contains($0) }
        ? nanoseconds(node) : nil
    }
    var isKnown = [Bool](repeating: true, count: program.values.count)
    for result in nodes.flatMap(\.results) { isKnown[Int(result.index)] = false }
    var isPlaced = [Bool](repeating: false, count: nodes.count)
    var order: [Int] = []
    func know(_ node: Node, _ known: Bool = true) {
      for result in node.results { isKnown[Int(result.index)] = known }
    }
    func place(_ indices: [Int]) {
      for index in indices {
        order.append(index)
        isPlaced[index] = true
        know(nodes[index])
      }
    }
    for index in 0..<firstUpdate where !isPlaced[index] {
      var (group, views) = ([index], [Int]())
      if isLong(costs[index]) {
        let others = (index + 1..<firstUpdate).lazy.filter { !isPlaced[$0] }.prefix(Self.reach)
        for other in others
        where nodes[other].operands.allSatisfy({ isKnown[Int($0.index)] }) {
          if isLong(costs[other]) {
            group.append(other)
          } else if nodes[other].isReshape {
            views.append(other)
            know(nodes[other])
          }
        }
      }
      if saving(group.compactMap { costs[$0] }) >= Self.leastSaving {
        place(views + group)
      } else {
        for view in views { know(nodes[view], false) }
        place([index])
      }
    }
    order += firstUpdate..<nodes.count
    program.root.nodes = order.map { nodes[$0] }
    smallKernelCosts = order.map { costs[$0] }
  }

  /// Whether it saves more than threads wait to run some nodes of the root side by side whose kernels are not cut.
  func isWorthJoining(_ nodes: Range<Int>) -> Bool {
    saving(nodes.compactMap { smallKernelCosts[$0] }) >= Self.leastSaving
  }

  private func isLong(_ cost: Double?) -> Bool { (cost ?? 0) >= Self.leastNanoseconds }

  /// What loops of few rows read, whose iterations one thread runs: written by another, it would have to come from there.
  private func readByOneThread() -> Set<Value> {
    var values: Set<Value> = []
    for node in program.root.nodes {
      guard let loop = node.op as? While else { continue }
      let rows = node.operands.prefix(loop.carriedCount).compactMap {
        program.type(of: $0).shape.known?.first
      }
      if rows.max() ?? 0 < RowSchedule.leastDividedRowCount { values.formUnion(node.operands) }
    }
    return values
  }

  /// Whether a node is a kernel that may run beside others.
  private func isSmallKernel(_ node: Node) -> Bool {
    program.canMove(node) && hasMemoryOfItsOwn(node) && !isMadeInPieces(node)
      && node.results.reduce(0) { $0 + (program.type(of: $1).byteCount ?? .max / 2) }
        <= Self.mostJointBytes
  }

  /// What is saved where all run in the time of the longest.
  private func saving(_ costs: [Double]) -> Double {
    costs.reduce(0, +) - (costs.max() ?? 0)
  }

  /// About what a kernel takes on one thread: 15 GB/s of what it reads and writes, much of which another core has had, and 50
  /// GFLOP/s of a product.
  private func nanoseconds(_ node: Node) -> Double {
    let read = node.operands.indices.filter { node.op.usesElements(ofOperand: $0) }
      .map { node.operands[$0] }
    let bytes = (read + node.results).reduce(0.0) {
      $0 + Double(program.type(of: $1).byteCount ?? 0)
    }
    var time = bytes / 15
    if node.op is MatMul || node.op is AddedMatMul {
      // m·k, k·n and m·n elements; the sum's addend is no factor.
      let sizes = (read.prefix(2) + node.results).map {
        Double(program.type(of: $0).shape.elementCount ?? 0)
      }
      time += 2 * sizes.reduce(1, *).squareRoot() / 50
    }
    return time
  }
}
