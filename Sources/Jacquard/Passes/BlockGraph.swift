/// Who gives and who reads the values of a block, by index of the node.
///
/// One serves all blocks of a program, one at a time.
struct BlockGraph {
  private var producers: ValueTable<Int32>
  /// The first of the `reads` of each value.
  private var firstReads: ValueTable<Int32>
  private var isResult: ValueTable<Bool>
  private var reads: [Read] = []

  /// That a node reads a value, and where the next such note stands.
  private struct Read {
    var reader: Int32
    var next: Int32
  }

  init(_ program: Program) {
    producers = ValueTable(program, repeating: -1)
    firstReads = ValueTable(program, repeating: -1)
    isResult = ValueTable(program, repeating: false)
  }

  /// Who gives and who reads the values of one block.
  init(_ block: Block, _ program: Program) {
    self.init(program)
    enter(block)
  }

  /// Makes `block` the one at hand.
  mutating func enter(_ block: Block) {
    reads.removeAll(keepingCapacity: true)
    // From the last to the first, so that the first reader comes first.
    for index in block.nodes.indices.reversed() {
      for result in block.nodes[index].results { producers[result] = Int32(index) }
      let operands = block.nodes[index].operands
      for position in operands.indices.reversed()
      where block.nodes[index].op.usesElements(ofOperand: position) {
        let operand = operands[position]
        reads.append(Read(reader: Int32(index), next: firstReads[operand]))
        firstReads[operand] = Int32(reads.count - 1)
      }
    }
    for result in block.results { isResult[result] = true }
  }

  /// Forgets the block.
  mutating func leave(_ block: Block) {
    for index in block.nodes.indices {
      for result in block.nodes[index].results { producers[result] = -1 }
      for operand in block.nodes[index].operands { firstReads[operand] = -1 }
    }
    for result in block.results { isResult[result] = false }
  }

  /// The node of the block that gives `value`.
  func producer(of value: Value) -> Int? {
    let index = producers[value]
    return index < 0 ? nil : Int(index)
  }

  /// Whether the block returns `value`.
  func isResult(_ value: Value) -> Bool { isResult[value] }

  /// The nodes that read the elements of `value`, in program order, as often as they do.
  func readers(of value: Value) -> [Int] {
    var readers: [Int] = []
    forEachReader(of: value) { readers.append($0) }
    return readers
  }

  /// What `value` shows in another shape: it, or the first that is no reshape.
  func base(of value: Value, in block: Block) -> Value {
    var base = value
    while let index = producer(of: base), block.nodes[index].isReshape {
      base = block.nodes[index].operands[0]
    }
    return base
  }

  /// Whether one node reads the elements of `value` once, and the block does not return it.
  func hasOneReader(_ value: Value) -> Bool {
    let first = firstReads[value]
    return first >= 0 && reads[Int(first)].next < 0 && !isResult[value]
  }

  /// Calls `body` for each node that reads the elements of `value`, in program order, as often as it does.
  func forEachReader(of value: Value, _ body: (Int) -> Void) {
    var read = firstReads[value]
    while read >= 0 {
      body(Int(reads[Int(read)].reader))
      read = reads[Int(read)].next
    }
  }

  /// Calls `body` for each node of which `node` reads elements, as often as it does.
  func forEachSource(of node: Node, _ body: (Int) -> Void) {
    for position in node.operands.indices where node.op.usesElements(ofOperand: position) {
      let source = producers[node.operands[position]]
      if source >= 0 { body(Int(source)) }
    }
  }
}
