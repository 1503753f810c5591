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

  /// A loop with what is in either, each once.
  private func assemble(_ numbers: [ValueNumbering]) -> (node: Node, replacement: [Value: Value]) {
    let forms = nodes.compactMap { LoopForm($0) }
    var joint = forms[0]
    (joint.carries, joint.scans, joint.invariants, joint.stacks, joint.nodes) = ([], [], [], [], [])
    var substitution: [Value: Value] = [:]
    var replacement = [forms[1].tripCountResult: forms[0].tripCountResult]
    var conditionSubstitution: [Value: Value] = [:]
    /// The value that is kept for each number.
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

    for (side, form) in forms.enumerated() {
      _ = adopt(form.iteration, side)
      for carry in form.carries {
        if adopt(carry.parameter, side) {
          joint.carries.append(carry)
        } else if let twin = joint.carries.first(where: {
          $0.parameter == substitution[carry.parameter]
        }) {
          replacement[carry.result] = twin.result
          if let own = carry.conditionParameter {
            conditionSubstitution[own] = twin.conditionParameter
          }
        }
      }
      for scan in form.scans where adopt(scan.slice, side) { joint.scans.append(scan) }
      for invariant in form.invariants {
        if adopt(invariant.inner, side) {
          joint.invariants.append(invariant)
        } else if let own = invariant.conditionParameter {
          conditionSubstitution[own] =
            joint.invariants.first { $0.inner == substitution[invariant.inner] }?
            .conditionParameter
        }
      }
      for node in form.nodes {
        // Results of one node share their fate.
        let adopted = node.results.map { adopt($0, side) }
        if node.hasExternalEffect || adopted.first != false { joint.nodes.append(node) }
      }
    }
    addStacks(of: forms, numbers, to: &joint, &replacement)
    joint.rename(substitution)
    joint.condition?.rename(conditionSubstitution)
    return (joint.node, replacement)
  }

  private func addStacks(
    of forms: [LoopForm], _ numbers: [ValueNumbering], to joint: inout LoopForm,
    _ replacement: inout [Value: Value]
  ) {
    struct StackKey: Hashable {
      var number: AnyHashable
      var specification: ScanSpecification
    }
    var known: [StackKey: Value] = [:]
    for (side, form) in forms.enumerated() {
      for stack in form.stacks {
        let key = StackKey(
          number: numbers[side].key(stack.slice), specification: stack.specification)
        if let existing = known[key] {
          replacement[stack.result] = existing
        } else {
          known[key] = stack.result
          joint.stacks.append(stack)
        }
      }
    }
  }
}

extension LoopForm {
  /// Uses other values in place of some in the body.
  fileprivate mutating func rename(_ new: [Value: Value]) {
    var body = Block(nodes: nodes, results: carries.map(\.next) + stacks.map(\.slice))
    body.rename(new)
    nodes = body.nodes
    for (index, value) in body.results.prefix(carries.count).enumerated() {
      carries[index].next = value
    }
    for (index, value) in body.results.dropFirst(carries.count).enumerated() {
      stacks[index].slice = value
    }
  }
}
