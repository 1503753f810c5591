/// What reads those stacks of a loop that only sums over all rows, and products of rows, read.
struct StackReaders {
  /// Where an operand of a reader comes from.
  enum Source {
    /// A stack of the loop, seen in another shape perhaps.
    case stack(Value)
    /// An array of as many rows that is there before the loop.
    case array
    /// A matrix that is there before the loop and the same for all rows.
    case invariant
  }

  struct Operand {
    var value: Value
    var source: Source
  }

  /// A node that may read the stacks window by window.
  struct Reader {
    var node: Node
    var operands: [Operand]
    /// Whether its result is a sum over the rows, not one row for each.
    var isSum: Bool
    /// Whether the stacks it reads are filled from the end.
    var isReversed: Bool
  }

  private struct Found {
    var readers: [Int: Reader] = [:]
    var views: Set<Int> = []
    var hoisted: [Int] = []
  }

  /// The results of the loop that need not be stacked.
  private(set) var stacks: [Value] = []
  /// What reads them, in the order of the program.
  private(set) var readers: [Reader] = []
  /// Nodes that must move in front of the loop, since readers need them.
  private(set) var hoisted: [Node] = []
  /// The fewest rows of an iteration that a product takes.
  private(set) var leastRows = Int.max
  private var gone: Set<Int> = []

  private let iterations: Int
  private let form: LoopForm
  private let position: Int
  private let block: Block
  private let program: Program
  private let graph: BlockGraph

  init(
    _ form: LoopForm, at position: Int, in block: Block, _ graph: BlockGraph, _ program: Program
  ) {
    self.form = form
    self.position = position
    self.block = block
    self.graph = graph
    self.program = program
    iterations = form.fullTripCount(in: program) ?? 0
    guard iterations > 0 else { return }
    var found = Found()
    for stack in form.stacks where stack.specification.axis == 0 {
      var attempt = found
      guard collect(stack.result, of: stack, &attempt),
        attempt.readers.count > found.readers.count || !isUnused(stack.result)
      else { continue }
      stacks.append(stack.result)
      found = attempt
    }
    for index in found.readers.keys.sorted() {
      guard let reader = found.readers[index] else { continue }
      readers.append(reader)
      if reader.node.op is MatMul, let rows = program.type(of: reader.operands[0].value).shape[0] {
        leastRows = min(leastRows, max(rows / iterations, 1))
      }
    }
    if leastRows == .max { leastRows = 1 }
    hoisted = found.hoisted.map { block.nodes[$0] }
    gone = found.views.union(found.readers.keys).union(found.hoisted)
  }

  /// The nodes of `block` after the loop that remain where they are.
  func rest(of block: Block, after position: Int) -> [Node] {
    block.nodes.indices.dropFirst(position + 1).filter { !gone.contains($0) }.map {
      block.nodes[$0]
    }
  }

  private func isUnused(_ value: Value) -> Bool { graph.readers(of: value).isEmpty }

  /// Finds all that reads `value`, a view of a stack; false if not all of it can work window by window.
  private func collect(
    _ value: Value, of stack: LoopForm.Stack, _ found: inout Found
  ) -> Bool {
    guard !graph.isResult(value) else { return false }
    for index in graph.readers(of: value) {
      let node = block.nodes[index]
      if node.isReshape {
        found.views.insert(index)
        guard collect(node.results[0], of: stack, &found) else { return false }
      } else if found.readers[index] == nil {
        guard let reader = reader(node, of: value, in: stack, &found.hoisted) else { return false }
        found.readers[index] = reader
      }
    }
    return true
  }

  private func reader(
    _ node: Node, of value: Value, in stack: LoopForm.Stack, _ hoisted: inout [Int]
  ) -> Reader? {
    let types = node.operands.map { program.type(of: $0) }
    guard let rows = program.type(of: value).shape[0], rows > 0, rows % iterations == 0 else {
      return nil
    }
    let isReversed = stack.specification.reversed
    switch node.op {
    case let op as MatMul where types.allSatisfy({ $0.shape.rank == 2 }) && op.transposeA:
      guard !op.transposeB else { return nil }
      let operands = node.operands.compactMap { operand in
        source(of: operand, reversed: isReversed, &hoisted).map {
          Operand(value: operand, source: $0)
        }
      }
      guard operands.count == 2 else { return nil }
      return Reader(node: node, operands: operands, isSum: true, isReversed: isReversed)
    case is MatMul:
      guard types.allSatisfy({ $0.shape.rank == 2 }), node.operands[1] != value,
        isReady(node.operands[1], &hoisted)
      else { return nil }
      return Reader(
        node: node,
        operands: [
          Operand(value: value, source: .stack(stack.result)),
          Operand(value: node.operands[1], source: .invariant),
        ], isSum: false, isReversed: isReversed)
    case is Sum, is SumToShape:
      guard sumsRows(node) else { return nil }
      return Reader(
        node: node, operands: [Operand(value: value, source: .stack(stack.result))], isSum: true,
        isReversed: isReversed)
    default:
      return nil
    }
  }

  /// Whether a node sums over the first axis, and over no other of more than one element.
  private func sumsRows(_ node: Node) -> Bool {
    guard let from = program.type(of: node.operands[0]).shape.known,
      let to = program.type(of: node.results[0]).shape.known
    else { return false }
    if let sum = node.op as? Sum {
      return sum.axes == [0] || sum.axes == [-from.count]
    }
    return to == Array(from.dropFirst()) || to == [1] + from.dropFirst()
  }

  /// Where rows that are multiplied by those of a stack come from.
  private func source(
    of value: Value, reversed: Bool, _ hoisted: inout [Int]
  ) -> Source? {
    let base = graph.base(of: value, in: block)
    if let stack = form.stacks.first(where: { $0.result == base }) {
      let specification = stack.specification
      return specification.axis == 0 && specification.reversed == reversed ? .stack(base) : nil
    }
    return isReady(value, &hoisted) ? .array : nil
  }

  /// Whether a value is there before the loop, or can be.
  private func isReady(_ value: Value, _ hoisted: inout [Int]) -> Bool {
    guard program.constant(value) == nil, let index = graph.producer(of: value), index >= position
    else {
      return true
    }
    if index == position { return false }
    if hoisted.contains(index) { return true }
    let node = block.nodes[index]
    guard program.canMove(node) else { return false }
    for (position, operand) in node.operands.enumerated()
    where node.op.usesElements(ofOperand: position) {
      guard isReady(operand, &hoisted) else { return false }
    }
    hoisted.append(index)
    return true
  }
}
