import JacquardArrays

/// Sorts the rows of loops in which rows end at different steps, the longest first, so that the live ones are the first ones.
///
/// A loop may then leave out all others (``While/liveRows``), and its cost follows the sum of the lengths. What a loop scans, carries
/// and takes for each row is sorted before it, what it gives is put back in order after it; between a loop and the one of its
/// gradient both cancel.
struct SortRows: Pass {
  static let name = "sort-rows"
  static let isExact = false
  static let contract =
    "Loops of known length with products, whose rows depend on no other rows and change nothing once their length is reached, have their rows sorted by length, and a scan tells how many are live; sums over rows change their order."

  func run(_ program: inout Program) {
    program.rewriteBlocks { block, program in
      guard block.hasRegions else { return }
      let loops = sortableLoops(block, program)
      if loops.isEmpty { return }
      var sorting = Sorting(block, program)
      block.nodes = block.nodes.indices.flatMap { index in
        loops[index].map { sorting.sorted($0, &program) } ?? [block.nodes[index]]
      }
    }
  }

  /// The loops of which rows may be sorted, by position.
  private func sortableLoops(_ block: Block, _ program: Program) -> [Int: EndingRows] {
    var loops: [Int: EndingRows] = [:]
    var known: [Value: EndedArray] = [:]
    for index in block.nodes.indices {
      guard let form = LoopForm(block.nodes[index]),
        let rows = EndingRows(form, known, program)
      else { continue }
      loops[index] = rows
      for stack in form.stacks where rows.hasRows(stack.slice) && rows.endsInZeros(stack.slice) {
        known[stack.result] = EndedArray(
          lengths: rows.lengths, axis: stack.specification.axis,
          isReversed: rows.isReversed(stack.specification))
      }
    }
    if loops.isEmpty { return loops }
    let graph = BlockGraph(block, program)
    var count: Int
    repeat {
      count = loops.count
      for index in loops.keys.sorted() where !hidesEndedRows(of: index, loops, block, graph) {
        loops[index] = nil
      }
    } while loops.count < count
    return loops
  }

  /// Whether what a loop stacks of rows that have ended is zero, or only scanned by such loops, for the same steps.
  private func hidesEndedRows(
    of index: Int, _ loops: [Int: EndingRows], _ block: Block, _ graph: BlockGraph
  ) -> Bool {
    guard let loop = loops[index] else { return true }
    return loop.form.stacks.allSatisfy { stack in
      if !loop.hasRows(stack.slice) || loop.endsInZeros(stack.slice) { return true }
      return !graph.isResult(stack.result)
        && graph.readers(of: stack.result).allSatisfy { reader in
          guard let later = loops[reader], later.lengths == loop.lengths else { return false }
          let scans = later.form.scans.filter { $0.array == stack.result }
          return block.nodes[reader].operands.count(where: { $0 == stack.result }) == scans.count
            && scans.allSatisfy {
              $0.specification.axis == stack.specification.axis
                && later.isReversed($0.specification) == loop.isReversed(stack.specification)
            }
        }
    }
  }
}

/// The rows of some loops of a block, sorted.
private struct Sorting {
  /// What sorts the rows of a length each.
  private struct Order {
    var rows: Value
    var places: Value
    var liveRows: Value
  }

  private struct OrderKey: Hashable {
    var lengths: Value
    var steps: Int
  }

  private struct SortedKey: Hashable {
    var array: Value
    var order: Value
  }

  private let graph: BlockGraph
  private let nodes: [Node]
  private var orders: [OrderKey: Order] = [:]
  /// Arrays whose rows are in order, and the same arrays with their rows sorted.
  private var sortedArrays: [SortedKey: Value] = [:]

  init(_ block: Block, _ program: Program) {
    graph = BlockGraph(block, program)
    nodes = block.nodes
  }

  /// What stands in place of the loop.
  mutating func sorted(_ loop: EndingRows, _ program: inout Program) -> [Node] {
    var form = loop.form
    var before = NodeList(origin: form.origin)
    var after = NodeList(origin: form.origin)
    let order = order(of: loop, &before, &program)
    for index in form.carries.indices where loop.hasRows(form.carries[index].parameter) {
      let carry = form.carries[index]
      form.carries[index].initial = sort(carry.initial, axis: 0, order, &before, &program)
      form.carries[index].result = restore(carry.result, axis: 0, order, &after, &program)
    }
    for index in form.scans.indices where loop.hasRows(form.scans[index].slice) {
      let scan = form.scans[index]
      form.scans[index].array = sort(
        scan.array, axis: rowAxis(scan.specification), order, &before, &program)
    }
    for index in form.invariants.indices where loop.hasRows(form.invariants[index].inner) {
      let invariant = form.invariants[index]
      form.invariants[index].outer = sort(invariant.outer, axis: 0, order, &before, &program)
    }
    for index in form.stacks.indices where loop.hasRows(form.stacks[index].slice) {
      let stack = form.stacks[index]
      form.stacks[index].result = restore(
        stack.result, axis: rowAxis(stack.specification), order, &after, &program)
    }
    form.liveRows = form.scan(
      order.liveRows, ScanSpecification(reversed: loop.isReversed), &program)
    return before.nodes + [form.node] + after.nodes
  }

  /// The axis of the rows in an array of slices that have rows along their first.
  private func rowAxis(_ specification: ScanSpecification) -> Int {
    specification.axis == 0 ? 1 : 0
  }

  private mutating func order(
    of loop: EndingRows, _ before: inout NodeList, _ program: inout Program
  ) -> Order {
    let key = OrderKey(lengths: loop.lengths, steps: loop.iterations)
    if let known = orders[key] { return known }
    let rows = TensorType(.int64, [program.type(of: loop.lengths).shape[0]])
    let steps = TensorType(.int64, [loop.iterations])
    let order = Order(
      rows: program.addValue(rows), places: program.addValue(rows),
      liveRows: program.addValue(steps))
    before.nodes.append(
      Node(
        op: RowOrder(steps: loop.iterations), operands: [loop.lengths],
        results: [order.rows, order.places, order.liveRows], origin: before.origin))
    orders[key] = order
    return order
  }

  /// The array with its rows sorted.
  private mutating func sort(
    _ array: Value, axis: Int, _ order: Order, _ before: inout NodeList, _ program: inout Program
  ) -> Value {
    if hasEqualRows(array, program) { return array }
    let key = SortedKey(array: array, order: order.rows)
    if let known = sortedArrays[key] { return known }
    let sorted = program.addValue(program.type(of: array))
    before.nodes.append(
      Node(
        op: Gather(axis: axis), operands: [array, order.rows], results: [sorted],
        origin: before.origin))
    sortedArrays[key] = sorted
    return sorted
  }

  /// The array that becomes `array` once its rows are put back in order.
  private mutating func restore(
    _ array: Value, axis: Int, _ order: Order, _ after: inout NodeList, _ program: inout Program
  ) -> Value {
    let sorted = program.addValue(program.type(of: array))
    after.nodes.append(
      Node(
        op: Gather(axis: axis), operands: [sorted, order.places], results: [array],
        origin: after.origin))
    sortedArrays[SortedKey(array: array, order: order.rows)] = sorted
    return sorted
  }

  /// Whether every element is the same number.
  private func hasEqualRows(_ array: Value, _ program: Program) -> Bool {
    if let constant = program.constant(array) { return RowFact(constant).extent == .either }
    guard let index = graph.producer(of: array) else { return false }
    let node = nodes[index]
    switch node.op {
    case is FillLike: return true
    case is BroadcastTo, is BroadcastLike:
      return program.type(of: node.operands[0]).shape.elementCount == 1
    default: return false
    }
  }
}
