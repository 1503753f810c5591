extension PlanBuilder {
  /// Nodes of the root one after the other that run side by side.
  struct Joint {
    var nodes: Range<Int>
    /// When all of them run.
    var moment: Int
    /// How many of them read each block of memory.
    var readerCounts: [Int: Int] = [:]
  }

  /// Finds the nodes of the root that may run at the same time as their neighbours.
  mutating func findJoints() {
    let nodes = program.root.nodes
    let overwritten = oldValues()
    jointOfNode = Array(repeating: nil, count: nodes.count)
    var start = 0
    var made: Set<Value> = []
    var read: Set<Value> = []
    func close(at end: Int) {
      if end - start > 1 {
        for index in start..<end { jointOfNode[index] = start..<end }
      }
      made = []
      read = []
      start = end
    }
    for (index, node) in nodes.enumerated() {
      guard smallKernelCosts[index] != nil else {
        close(at: index)
        start = index + 1
        continue
      }
      let needsEarlier =
        node.operands.contains(where: made.contains)
        || node.results.contains { overwritten[$0].map(read.contains) ?? false }
      if needsEarlier { close(at: index) }
      made.formUnion(node.results)
      read.formUnion(node.operands)
    }
    close(at: nodes.count)
  }

  /// For each new value of a variable the old one, which it may be written over once nobody reads that any more.
  private func oldValues() -> [Value: Value] {
    let inputs = variableInputs()
    let committed = program.root.results.dropFirst(program.fetchCount)
    return Dictionary(
      zip(committed, program.commits).compactMap { new, id in
        inputs[id].map { (new, program.root.parameters[$0]) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Begins the joint of the root's node `index`, unless it is the one at hand; there is none if no kernel of it is cut, nor
  /// several take long.
  mutating func enterJoint(of index: Int) throws {
    guard joint?.nodes != jointOfNode[index] else { return }
    joint = nil
    guard let nodes = jointOfNode[index], index == nodes.lowerBound else { return }
    for member in nodes {
      let node = program.root.nodes[member]
      rootKernels[member] = try kernel(of: node, loweringContext(node))
    }
    guard
      nodes.contains(where: { rootKernels[$0]?.chunkCount ?? 0 > 1 })
        || isWorthJoining(nodes)
    else {
      for member in nodes { jointOfNode[member] = nil }
      return
    }
    var begun = Joint(nodes: nodes, moment: tick())
    for node in program.root.nodes[nodes] {
      let operands = node.operands.indices.filter { node.op.usesElements(ofOperand: $0) }
      for block in Set(operands.flatMap { self[node.operands[$0]].blocks }) {
        begun.readerCounts[block, default: 0] += 1
      }
    }
    joint = begun
  }

  /// Whether a node of the root runs before another one does, not beside it.
  func runs(_ first: Int, before second: Int) -> Bool {
    first < second && jointOfNode[first]?.contains(second) != true
  }

  /// How many steps the first `count` nodes of the root run in, joints whole, given the step of each node.
  func stepCount(ofFirst count: Int, _ steps: [Step?]) -> Int {
    (0..<count).count { steps[$0] != nil && jointOfNode[$0]?.lowerBound ?? $0 == $0 }
  }

  /// The steps of the root in the order they run, those of a joint as one, given the step of each node.
  func scheduled(_ steps: [Step?]) -> [Step] {
    var scheduled: [Step] = []
    var index = 0
    while index < steps.count {
      let nodes = jointOfNode[index] ?? index..<index + 1
      index = nodes.upperBound
      let own = steps[nodes].compactMap(\.self)
      if own.count > 1 {
        let kernels = own.compactMap { if case .kernel(let step) = $0 { step } else { nil } }
        scheduled.append(.joint(JointStep(kernels)))
      } else {
        scheduled += own
      }
    }
    return scheduled
  }
}
