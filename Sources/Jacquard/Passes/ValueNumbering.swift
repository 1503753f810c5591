/// Numbers for keys, given in order of first appearance.
struct NumberTable {
  private var numbers: [AnyHashable: Int] = [:]
  private var next = 0

  mutating func number(_ key: AnyHashable) -> Int {
    if let known = numbers[key] { return known }
    numbers[key] = fresh()
    return numbers[key]!
  }

  /// A number that no key has.
  mutating func fresh() -> Int {
    next += 1
    return next
  }
}

/// Numbers for the values of a block such that equal numbers mean equal elements.
struct ValueNumbering {
  let merger: LoopMerger
  private var numbers: [Value: Int] = [:]

  init(merger: LoopMerger) { self.merger = merger }

  mutating func assign(_ value: Value, _ number: Int) { numbers[value] = number }

  func number(of value: Value) -> Int? { numbers[value] }

  /// The number of a value, or its elements if it is a constant.
  func key(_ value: Value) -> AnyHashable {
    if let constant = merger.values[Int(value.index)].constant {
      return AnyHashable(Constant(value: constant))
    }
    return numbers[value].map { AnyHashable($0) } ?? AnyHashable(value)
  }

  mutating func number(_ nodes: [Node], _ table: inout NumberTable) {
    for node in nodes {
      if node.hasExternalEffect {
        for result in node.results { numbers[result] = table.fresh() }
        continue
      }
      let key = NodeKey(
        op: AnyHashable(node.op), operands: operandKeys(node),
        regions: node.regions.map { region in canonicalForm(region) })
      for (index, result) in node.results.enumerated() {
        numbers[result] = table.number(AnyHashable(ResultKey(node: key, index: index)))
      }
    }
  }

  private func operandKeys(_ node: Node) -> [AnyHashable] {
    node.operands.enumerated().map { index, value in
      if !node.op.usesElements(ofOperand: index), merger.type(value).shape.known != nil {
        return AnyHashable(merger.type(value))
      }
      return key(value)
    }
  }

  /// A closed block written out with values numbered in order of appearance, so that equal blocks are equal.
  private func canonicalForm(_ block: Block) -> [AnyHashable] {
    var inner = ValueNumbering(merger: merger)
    var table = NumberTable()
    for parameter in block.parameters {
      inner.assign(parameter, table.fresh())
    }
    inner.number(block.nodes, &table)
    return block.results.map { inner.key($0) } + [AnyHashable(block.parameters.count)]
      + block.nodes.flatMap { node in
        [AnyHashable(node.op)] + node.operands.map { inner.key($0) }
          + node.results.map { inner.key($0) }
          + node.regions.map { AnyHashable(inner.canonicalForm($0)) }
      }
  }

  private struct NodeKey: Hashable {
    var op: AnyHashable
    var operands: [AnyHashable]
    var regions: [[AnyHashable]]
  }

  private struct ResultKey: Hashable {
    var node: NodeKey
    var index: Int
  }
}
