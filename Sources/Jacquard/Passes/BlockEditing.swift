/// Something for each value of a program, in an array: values are dense, so a pass needs no hashing.
///
/// One table serves all blocks of a program, since a value belongs to one block only.
struct ValueTable<Element> {
  private let initial: Element
  private var elements: [Element]

  /// A table in which each value of `program` has `initial`, and each that is added later.
  init(_ program: Program, repeating initial: Element) {
    self.initial = initial
    elements = Array(repeating: initial, count: program.values.count)
  }

  subscript(value: Value) -> Element {
    get {
      let index = Int(value.index)
      return index < elements.count ? elements[index] : initial
    }
    set {
      let index = Int(value.index)
      if index >= elements.count {
        elements += repeatElement(initial, count: index + 1 - elements.count)
      }
      elements[index] = newValue
    }
  }
}

/// Values that stand in for others.
struct Replacements {
  private var table: ValueTable<Value?>
  private var isEmpty = true

  init(_ program: Program) { table = ValueTable(program, repeating: nil) }

  subscript(value: Value) -> Value? {
    get { table[value] }
    set {
      table[value] = newValue
      isEmpty = false
    }
  }

  /// Replaces values where they occur; a list without any is not touched.
  func apply(to values: inout [Value]) {
    if isEmpty { return }
    for index in values.indices {
      if let replacement = table[values[index]] { values[index] = replacement }
    }
  }
}

extension Block {
  /// Whether a node owns regions.
  var hasRegions: Bool { nodes.indices.contains { !nodes[$0].regions.isEmpty } }

  /// Applies `change` to this block and, before it, to those of its nodes, innermost first.
  mutating func rewrite(_ change: (inout Block) -> Void) {
    for node in nodes.indices where !nodes[node].regions.isEmpty {
      for region in nodes[node].regions.indices { nodes[node].regions[region].rewrite(change) }
    }
    change(&self)
  }

  /// Uses other values in place of some, in nodes and results.
  mutating func rename(_ new: [Value: Value]) {
    if new.isEmpty { return }
    for index in nodes.indices {
      nodes[index].operands = nodes[index].operands.map { new[$0] ?? $0 }
    }
    results = results.map { new[$0] ?? $0 }
  }

  /// Drops the nodes at whose index `isKept` is false.
  mutating func keepNodes(_ isKept: [Bool]) {
    var count = 0
    for index in nodes.indices where isKept[index] {
      if count != index { nodes.swapAt(count, index) }
      count += 1
    }
    nodes.removeSubrange(count...)
  }
}

extension Program {
  /// Applies `change` to each block, innermost first. Neither blocks nor values are copied for it.
  mutating func rewriteBlocks(_ change: (inout Block, inout Program) -> Void) {
    var root = Block()
    swap(&root, &self.root)
    root.rewrite { change(&$0, &self) }
    self.root = root
  }
}
