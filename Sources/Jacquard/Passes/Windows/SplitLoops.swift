import JacquardArrays

/// Makes two loops of one whose iterations are not a whole number of windows: one of all whole windows, and one of the rest.
///
/// Only loops that hand stacks to later loops are worth it, and the later loops, which have to be split at the same iteration: so each
/// part of a stack goes to the loop that needs just that part, and no stack is put together again.
struct SplitLoops: WindowPass {
  static let name = "split-loops"
  static let isExact = false
  static let contract =
    "Loops of a known length that is no multiple of a window, one of which scans what the other stacks, are two loops each, one of them of whole windows; sums over all iterations may change their order."

  var limits = WindowLimits()

  /// Splits all loops that are worth it; false if none is.
  func rewrite(_ block: inout Block, _ program: inout Program) -> Bool {
    let forms = block.nodes.map { node in
      LoopForm(node).flatMap { windowedIterations(of: $0, program) == nil ? nil : $0 }
    }
    guard forms.contains(where: { $0 != nil }) else { return false }
    let graph = BlockGraph(block, program)
    var isSplit = Array(repeating: false, count: forms.count)
    for (index, form) in forms.enumerated() {
      guard let form else { continue }
      let takesPart = form.scans.contains { scan in
        graph.producer(of: scan.array).map { isSplit[$0] } ?? false
      }
      isSplit[index] = takesPart || handsOnMuch(form, to: forms, graph, program)
    }
    guard isSplit.contains(true) else { return false }
    var nodes: [Node] = []
    for (index, form) in forms.enumerated() {
      guard isSplit[index], let form, let windowed = windowedIterations(of: form, program),
        let parts = LoopParts(form, windowedIterations: windowed, &program)
      else {
        nodes.append(block.nodes[index])
        continue
      }
      nodes += parts.nodes
    }
    block.nodes = nodes
    return true
  }

  /// The iterations that make up whole windows, if they are not all, and of more than one window.
  private func windowedIterations(of form: LoopForm, _ program: Program) -> Int? {
    guard let iterations = form.fullTripCount(in: program), form.canBeCut(in: program),
      iterations >= 2 * form.parallelIterations,
      limits.windowLength(of: iterations, near: form.parallelIterations) == nil
    else { return nil }
    let windowed = iterations - iterations % form.parallelIterations
    return windowed < iterations ? windowed : nil
  }

  /// Whether loops that can be split scan much of what a loop stacks.
  private func handsOnMuch(
    _ form: LoopForm, to forms: [LoopForm?], _ graph: BlockGraph, _ program: Program
  ) -> Bool {
    let scanned = form.stacks.filter { stack in
      graph.readers(of: stack.result).contains { index in
        forms[index]?.scans.contains { $0.array == stack.result } ?? false
      }
    }
    return !scanned.isEmpty
      && scanned.reduce(0) { $0 + (program.type(of: $1.result).byteCount ?? 0) }
        >= limits.leastBytes
  }
}

/// A loop as two in a row.
private struct LoopParts {
  private let form: LoopForm
  private let iterations: Int
  /// What gives the loops the parts of arrays that they scan, and what joins the parts they stack.
  private var before: NodeList
  private var after: NodeList
  private var loops: [Node] = []
  /// What the next loop starts with.
  private var carried: [Value]
  /// The stacks of each loop.
  private var stacks: [[Value]] = []

  init?(_ form: LoopForm, windowedIterations: Int, _ program: inout Program) {
    guard let iterations = form.fullTripCount(in: program) else { return nil }
    self.form = form
    self.iterations = iterations
    before = NodeList(origin: form.origin)
    after = NodeList(origin: form.origin)
    carried = form.carries.map(\.initial)
    // Windows are those of a loop that steps forwards: they begin at the first slice.
    let isReversed =
      form.scans.allSatisfy(\.specification.reversed)
      && form.stacks.allSatisfy(\.specification.reversed)
    let first = isReversed ? iterations - windowedIterations : windowedIterations
    guard append(0..<first, &program), append(first..<iterations, &program), join(&program) else {
      return nil
    }
  }

  var nodes: [Node] { before.nodes + loops + after.nodes }

  /// Appends the loop of some iterations; the last one gives the results.
  private mutating func append(_ range: Range<Int>, _ program: inout Program) -> Bool {
    var loop = LoopForm(iterations: range.count, like: form, in: &program)
    var copies: [Value: Value] = [:]
    func copy(_ value: Value) -> Value {
      let copy = program.addValue(program.type(of: value))
      copies[value] = copy
      return copy
    }
    for scan in form.scans {
      guard let part = part(of: scan, range, &program) else { return false }
      var specification = scan.specification
      specification.axis = 0
      loop.scans.append(
        LoopForm.Scan(specification: specification, array: part, slice: copy(scan.slice)))
    }
    if form.readsIteration {
      let numbers = NDArray(range.map(Int64.init))
      let array = program.addValue(TensorType(.int64, [range.count]), constant: numbers)
      loop.scans.append(
        LoopForm.Scan(
          specification: ScanSpecification(), array: array, slice: copy(form.iteration)))
    }
    loop.liveRows = form.liveRows.flatMap { copies[$0] }
    let parameters = form.carries.map { copy($0.parameter) }
    for invariant in form.invariants {
      loop.invariants.append(
        LoopForm.Invariant(outer: invariant.outer, inner: copy(invariant.inner)))
    }
    for node in form.nodes {
      let operands = node.operands.map { copies[$0] ?? $0 }
      loop.nodes.append(
        Node(
          op: node.op, operands: operands, results: node.results.map { copy($0) },
          origin: node.origin))
    }
    let isLast = range.upperBound == iterations
    for (index, carry) in form.carries.enumerated() {
      let result = isLast ? carry.result : program.addValue(program.type(of: carry.result))
      loop.carries.append(
        LoopForm.Carry(
          initial: carried[index], parameter: parameters[index],
          next: copies[carry.next] ?? carry.next, result: result))
      carried[index] = result
    }
    for stack in form.stacks {
      let type = program.type(of: stack.result)
      guard var shape = type.shape.known else { return false }
      shape[stack.specification.axis] = range.count
      loop.stacks.append(
        LoopForm.Stack(
          specification: stack.specification, slice: copies[stack.slice] ?? stack.slice,
          result: program.addValue(TensorType(type.dtype, PartialShape(known: shape)))))
    }
    stacks.append(loop.stacks.map(\.result))
    loops.append(loop.node)
    return true
  }

  /// The slices of some iterations, which lie in one piece.
  private mutating func part(
    of scan: LoopForm.Scan, _ range: Range<Int>, _ program: inout Program
  ) -> Value? {
    let (begin, end) =
      scan.specification.reversed
      ? (iterations - range.upperBound, iterations - range.lowerBound)
      : (range.lowerBound, range.upperBound)
    guard let array = before.timeMajor(scan, in: &program) else { return nil }
    return before.append(
      Slice(bounds: [Slice.Bound(axis: 0, begin: begin, end: end)]), [array], in: &program)
  }

  /// Joins the parts of stacks for those who need the whole.
  private mutating func join(_ program: inout Program) -> Bool {
    for (index, stack) in form.stacks.enumerated() {
      let parts = stacks.map { $0[index] }
      guard
        after.append(
          Concatenate(axis: stack.specification.axis),
          stack.specification.reversed ? parts.reversed() : parts, as: stack.result, in: &program)
          != nil
      else { return false }
    }
    return true
  }
}
