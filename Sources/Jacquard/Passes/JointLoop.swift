/// Two loops side by side, and what is equal in them.
struct JointLoop {
  private let merger: LoopMerger
  private let nodes: [Node]
  private let loops: [While]
  /// For each loop, the class of each of its carries: carries of one class are equal in every iteration.
  private var classes: [[Int]] = []

  init(_ first: Node, _ a: While, _ second: Node, _ b: While, _ merger: LoopMerger) {
    self.merger = merger
    nodes = [first, second]
    loops = [a, b]
  }

  /// One loop in place of both, and what stands for each result of the second; `nil` if they are not twins.
  func merged() -> (node: Node, replacement: [Value: Value])? {
    var joint = self
    joint.startClasses()
    var numbers: [ValueNumbering] = []
    while true {
      numbers = joint.number { $0.regions.last! }
      let refined = joint.refined(numbers)
      if refined == joint.classes { break }
      joint.classes = refined
    }
    guard joint.areTwins, joint.conditionsAgree() else { return nil }
    return joint.assemble(numbers)
  }

  private mutating func startClasses() {
    var known: [AnyHashable: Int] = [:]
    classes = zip(nodes, loops).map { node, loop in
      node.operands[..<loop.carriedCount].map { operand in
        let key = merger.key(operand)
        if let number = known[key] { return number }
        known[key] = known.count
        return known[key]!
      }
    }
  }

  /// Numbers one region of each loop, in one numbering.
  private func number(regionsAt region: (Node) -> Block) -> [ValueNumbering] {
    var table = NumberTable()
    return zip(nodes, zip(loops, classes)).map { node, pair in
      let (loop, classes) = pair
      let block = region(node)
      let isBody =
        block.parameters.count == 1 + loop.carriedCount + loop.scans.count + loop.invariantCount
        && node.regions.last!.parameters == block.parameters
      var numbering = ValueNumbering(merger: merger)
      var keys: [AnyHashable] = [AnyHashable("iteration")]
      keys += classes.map { AnyHashable(ParameterKey.carried($0)) }
      if isBody {
        keys += zip(loop.scans, node.operands[loop.scanRange]).map {
          AnyHashable(ParameterKey.slice($0, merger.key($1)))
        }
      }
      keys += node.operands[loop.invariantRange].map {
        AnyHashable(ParameterKey.invariant(merger.key($0)))
      }
      for (parameter, key) in zip(block.parameters, keys) {
        numbering.assign(parameter, table.number(key))
      }
      numbering.number(block.nodes, &table)
      return numbering
    }
  }

  private enum ParameterKey: Hashable {
    case carried(Int)
    case slice(ScanSpecification, AnyHashable)
    case invariant(AnyHashable)
  }

  /// The classes split wherever two carries of one class leave an iteration with different numbers.
  private func refined(_ numbers: [ValueNumbering]) -> [[Int]] {
    struct Leaving: Hashable {
      var old: Int
      var number: AnyHashable
    }
    var known: [Leaving: Int] = [:]
    return nodes.indices.map { side in
      let results = nodes[side].regions.last!.results
      return classes[side].indices.map { index in
        let key = Leaving(old: classes[side][index], number: numbers[side].key(results[index]))
        if let number = known[key] { return number }
        known[key] = known.count
        return known[key]!
      }
    }
  }

  /// Whether one loop carries nothing that the other does not, and they share something.
  private var areTwins: Bool {
    let sets = classes.map(Set.init)
    if sets[0].isEmpty && sets[1].isEmpty {
      let operands = zip(nodes, loops).map { node, loop in
        Set(node.operands[loop.scanRange].map(merger.key))
      }
      return !operands[0].isDisjoint(with: operands[1])
    }
    if sets[0].isEmpty || sets[1].isEmpty { return false }
    return sets[0].isSuperset(of: sets[1]) || sets[1].isSuperset(of: sets[0])
  }

  private func conditionsAgree() -> Bool {
    guard loops[0].hasCondition else { return true }
    let numbers = number { $0.regions[0] }
    return numbers[0].key(nodes[0].regions[0].results[0])
      == numbers[1].key(nodes[1].regions[0].results[0])
  }

  private func assemble(_ numbers: [ValueNumbering]) -> (node: Node, replacement: [Value: Value]) {
    var substitution: [Value: Value] = [:]
    var replacement: [Value: Value] = [:]
    var body = Block()
    let bodies = nodes.map { $0.regions.last! }
    var operands: (carried: [Value], scanned: [Value], invariant: [Value]) = ([], [], [])
    var parameters: (carried: [Value], scanned: [Value], invariant: [Value]) = ([], [], [])
    var conditionParameters: (carried: [Value], invariant: [Value]) = ([], [])
    // For each number of a carry or an invariant, the parameter of the condition that is kept; and, for those of the first loop's
    // condition that are dropped, the one to use instead.
    var conditionParameterOf: [Int: Value] = [:]
    var conditionSubstitution: [Value: Value] = [:]
    var results: (carried: [Value], stacked: [Value]) = ([], [])
    var bodyResults: (carried: [Value], stacked: [Value]) = ([], [])
    var op = loops[0]
    op.scans = []
    op.stacks = []

    // The representative of each number: the value that is kept for it.
    var kept: [Int: Value] = [:]
    func adopt(_ value: Value, _ side: Int) -> Bool {
      guard let number = numbers[side].number(of: value) else { return true }
      if let existing = kept[number] {
        substitution[value] = existing
        return false
      }
      kept[number] = value
      return true
    }

    _ = adopt(bodies[0].parameters[0], 0)
    _ = adopt(bodies[1].parameters[0], 1)
    var carriedResultOfClass: [Int: Value] = [:]
    for side in nodes.indices {
      let (node, loop, block) = (nodes[side], loops[side], bodies[side])
      for index in 0..<loop.carriedCount {
        if adopt(block.parameters[1 + index], side) {
          operands.carried.append(node.operands[index])
          parameters.carried.append(block.parameters[1 + index])
          bodyResults.carried.append(block.results[index])
          results.carried.append(node.results[index])
          carriedResultOfClass[classes[side][index]] = node.results[index]
          if loop.hasCondition {
            let parameter = node.regions[0].parameters[1 + index]
            conditionParameters.carried.append(parameter)
            conditionParameterOf[numbers[side].number(of: block.parameters[1 + index])!] = parameter
          }
        } else {
          replacement[node.results[index]] = carriedResultOfClass[classes[side][index]]
          if loop.hasCondition && side == 0 {
            conditionSubstitution[node.regions[0].parameters[1 + index]] =
              conditionParameterOf[numbers[side].number(of: block.parameters[1 + index])!]
          }
        }
      }
      for (offset, scan) in loop.scans.enumerated() {
        let parameter = block.parameters[1 + loop.carriedCount + offset]
        if adopt(parameter, side) {
          operands.scanned.append(node.operands[loop.carriedCount + offset])
          parameters.scanned.append(parameter)
          op.scans.append(scan)
        }
      }
      for offset in 0..<loop.invariantCount {
        let parameter = block.parameters[1 + loop.carriedCount + loop.scans.count + offset]
        if adopt(parameter, side) {
          operands.invariant.append(node.operands[loop.invariantRange.lowerBound + offset])
          parameters.invariant.append(parameter)
          if loop.hasCondition {
            let inCondition = node.regions[0].parameters[1 + loop.carriedCount + offset]
            conditionParameters.invariant.append(inCondition)
            conditionParameterOf[numbers[side].number(of: parameter)!] = inCondition
          }
        } else if loop.hasCondition && side == 0 {
          conditionSubstitution[node.regions[0].parameters[1 + loop.carriedCount + offset]] =
            conditionParameterOf[numbers[side].number(of: parameter)!]
        }
      }
      for node in block.nodes {
        var copy = node
        copy.operands = copy.operands.map { substitution[$0] ?? $0 }
        if node.results.isEmpty || node.hasExternalEffect {
          for result in node.results { _ = adopt(result, side) }
          body.nodes.append(copy)
          continue
        }
        // Results of one node share their fate.
        if node.results.map({ adopt($0, side) })[0] { body.nodes.append(copy) }
      }
    }
    struct StackKey: Hashable {
      var number: AnyHashable
      var stack: ScanSpecification
    }
    var stackOf: [StackKey: Value] = [:]
    for side in nodes.indices {
      for (offset, stack) in loops[side].stacks.enumerated() {
        let value = bodies[side].results[loops[side].carriedCount + offset]
        let result = nodes[side].results[loops[side].carriedCount + offset]
        let key = StackKey(number: numbers[side].key(value), stack: stack)
        if let existing = stackOf[key] {
          replacement[result] = existing
        } else {
          stackOf[key] = result
          op.stacks.append(stack)
          bodyResults.stacked.append(value)
          results.stacked.append(result)
        }
      }
    }
    replacement[nodes[1].results.last!] = nodes[0].results.last!
    body.parameters =
      [bodies[0].parameters[0]] + parameters.carried + parameters.scanned + parameters.invariant
    body.results = (bodyResults.carried + bodyResults.stacked).map { substitution[$0] ?? $0 }
    op.carriedCount = operands.carried.count
    op.invariantCount = operands.invariant.count
    var regions = [body]
    if op.hasCondition {
      var condition = nodes[0].regions[0]
      for index in condition.nodes.indices {
        condition.nodes[index].operands = condition.nodes[index].operands.map {
          conditionSubstitution[$0] ?? $0
        }
      }
      condition.results = condition.results.map { conditionSubstitution[$0] ?? $0 }
      condition.parameters =
        [condition.parameters[0]] + conditionParameters.carried + conditionParameters.invariant
      regions.insert(condition, at: 0)
    }
    let node = Node(
      op: op,
      operands: operands.carried + operands.scanned + operands.invariant
        + (op.hasBound ? [nodes[0].operands.last!] : []),
      results: results.carried + results.stacked + [nodes[0].results.last!], regions: regions,
      origin: nodes[0].origin)
    return (node, replacement)
  }
}
