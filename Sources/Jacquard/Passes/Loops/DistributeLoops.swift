import JacquardArrays

/// Takes products out of loops that need not wait for the recurrence, and does them for all iterations at once.
///
/// **Ahead** of the loop: products of what is scanned with what is invariant. **Behind** it: products that are only stacked, and
/// sums over all iterations, such as the gradients of weights. What remains is the recurrence itself. Arrays of all iterations are not
/// made where they would be large, but for stacks of which there will only ever be a window (``WindowLoops``).
struct DistributeLoops: Pass {
  static let name = "distribute-loops"
  static let isExact = false
  static let contract =
    "In loops of known length, products that read no carry stand before the loop, products that only feed stacks or sums stand after it, for all iterations at once; sums change their order."

  /// Arrays of all iterations larger than this, in bytes, are not made.
  private static let byteLimit = 160 << 20

  func run(_ program: inout Program) {
    let zeros = program.root.zeros
    program.rewriteLoops { form, program in
      guard let iterations = form.fullTripCount(in: program), iterations > 1 else {
        return ([], [])
      }
      var distribution = Distribution(
        form, zeros: zeros, iterations: iterations, byteLimit: Self.byteLimit)
      distribution.moveAhead(&program)
      var unbounded = distribution
      unbounded.byteLimit = .max
      unbounded.moveBehind(&program)
      let large = unbounded.newStacks.filter {
        (program.type(of: $0).byteCount ?? .max) > Self.byteLimit
      }
      if large.isEmpty
        || WindowLoops().cuts(unbounded.form, large, readBy: unbounded.after.nodes, program)
      {
        distribution = unbounded
      } else {
        distribution.moveBehind(&program)
      }
      form = distribution.form
      return (distribution.before.nodes, distribution.after.nodes)
    }
  }
}

extension Block {
  /// The values that are zero throughout, those of all regions included.
  fileprivate var zeros: Set<Value> {
    var zeros: Set<Value> = []
    for node in nodes {
      if let fill = node.op as? FillLike, fill.value.value == 0 { zeros.insert(node.results[0]) }
      for region in node.regions { zeros.formUnion(region.zeros) }
    }
    return zeros
  }
}

/// The distribution of one loop.
private struct Distribution {
  var form: LoopForm
  /// Values that are zero throughout.
  private let zeros: Set<Value>
  private(set) var before: NodeList
  private(set) var after: NodeList
  private let iterations: Int
  var byteLimit: Int
  private let batching: Batching
  private var producer: [Value: Node] = [:]
  /// Arrays of values that need no earlier iteration; `nil` inside for those known to need one.
  private var ahead: [Value: BatchedArray?] = [:]
  /// Arrays of values that the loop stacks.
  private var stacked: [Value: BatchedArray] = [:]
  /// Results of stacks that the loop did not have.
  private(set) var newStacks: [Value] = []
  /// The order in which the loop meets what it scans, if it scans backwards or forwards only.
  private let isReversed: Bool

  init(_ form: LoopForm, zeros: Set<Value>, iterations: Int, byteLimit: Int) {
    self.form = form
    self.zeros = zeros
    self.iterations = iterations
    self.byteLimit = byteLimit
    batching = Batching(iterations: iterations)
    before = NodeList(origin: form.origin)
    after = NodeList(origin: form.origin)
    isReversed = form.scans.first?.specification.reversed ?? false
    for node in form.nodes { for result in node.results { producer[result] = node } }
    for stack in form.stacks where stack.specification.axis == 0 {
      stacked[stack.slice] = BatchedArray(
        array: stack.result, isReversed: stack.specification.reversed)
    }
  }

  // MARK: Ahead

  mutating func moveAhead(_ program: inout Program) {
    var nodes: [Node] = []
    for node in form.nodes {
      if node.op is MatMul, let rows = aheadRows(of: node.results[0], &program) {
        form.scans.append(
          LoopForm.Scan(
            specification: ScanSpecification(reversed: rows.isReversed),
            array: rows.array, slice: node.results[0]))
      } else {
        nodes.append(node)
      }
    }
    form.nodes = nodes
  }

  /// What a value of the body is in all iterations, computed before the loop.
  private mutating func aheadRows(of value: Value, _ program: inout Program) -> BatchedArray? {
    if let known = ahead[value] { return known }
    let found = computeAheadRows(of: value, &program)
    ahead[value] = .some(found)
    return found
  }

  private mutating func computeAheadRows(
    of value: Value, _ program: inout Program
  ) -> BatchedArray? {
    if let scan = form.scans.first(where: { $0.slice == value }) {
      guard let array = before.timeMajor(scan, in: &program) else { return nil }
      return BatchedArray(array: array, isReversed: scan.specification.reversed)
    }
    if value == form.iteration {
      let numbers = (0..<Int64(iterations)).map { isReversed ? Int64(iterations) - 1 - $0 : $0 }
      let array = NDArray(numbers)
      return BatchedArray(
        array: program.addValue(TensorType(.int64, [iterations]), constant: array),
        isReversed: isReversed)
    }
    guard let node = producer[value], fits(program.type(of: value)) else { return nil }
    var operands: [Batching.Operand] = []
    var direction: Bool?
    for (index, operand) in node.operands.enumerated() {
      if let outer = form.outerValue(of: operand, in: program) {
        operands.append(.same(outer))
        continue
      }
      if !node.op.usesElements(ofOperand: index) {
        operands.append(.same(operand))
        continue
      }
      guard let rows = aheadRows(of: operand, &program),
        direction ?? rows.isReversed == rows.isReversed
      else { return nil }
      direction = rows.isReversed
      operands.append(.rows(rows.array))
    }
    guard let direction,
      let array = batching.apply(node, operands, &before, &program)
    else { return nil }
    return BatchedArray(array: array, isReversed: direction)
  }

  private func fits(_ slice: TensorType) -> Bool {
    (slice.byteCount ?? .max) <= byteLimit / iterations
  }

  // MARK: Behind

  mutating func moveBehind(_ program: inout Program) {
    let sums = splitStackedSums(form.readCounts, &program)
    let readers = form.readCounts
    moveStacks(readers, &program)
    after.nodes += sums.nodes
    moveSums(readers, &program)
  }

  /// Stacks the terms in place of a sum of two products that nothing else reads; gives what adds the stacks up.
  private mutating func splitStackedSums(
    _ readers: [Value: Int], _ program: inout Program
  ) -> NodeList {
    var sums = NodeList(origin: form.origin)
    let kept = form.carries.map(\.next) + form.stacks.map(\.slice)
    for index in form.stacks.indices {
      let stack = form.stacks[index]
      guard let node = producer[stack.slice], node.op is Add,
        readers[stack.slice, default: 0] == 0, kept.count(where: { $0 == stack.slice }) == 1,
        node.operands[0] != node.operands[1],
        node.operands.allSatisfy({ term in
          guard let product = producer[term], let op = product.op as? MatMul, !op.transposeA else {
            return false
          }
          return readers[term] == 1 && !kept.contains(term)
            && program.type(of: term) == program.type(of: stack.slice)
            && form.outerValue(of: product.operands[0], in: program) == nil
            && form.outerValue(of: product.operands[1], in: program) != nil
        })
      else { continue }
      let terms = node.operands.map { ($0, program.addValue(program.type(of: stack.result))) }
      guard
        sums.append(Add(), terms.map(\.1), as: stack.result, in: &program) != nil
      else { continue }
      form.stacks[index] = LoopForm.Stack(
        specification: stack.specification, slice: terms[0].0, result: terms[0].1)
      form.stacks.append(
        LoopForm.Stack(specification: stack.specification, slice: terms[1].0, result: terms[1].1))
      form.nodes.removeAll { $0.results == node.results }
    }
    return sums
  }

  /// Products that are stacked and read by nothing in the body.
  private mutating func moveStacks(_ readers: [Value: Int], _ program: inout Program) {
    let carried = Set(form.carries.map(\.next))
    for index in form.stacks.indices.reversed() {
      let stack = form.stacks[index]
      guard let node = producer[stack.slice], let op = node.op as? MatMul, !op.transposeA,
        readers[stack.slice, default: 0] == 0, !carried.contains(stack.slice),
        form.outerValue(of: node.operands[0], in: program) == nil,
        let matrix = form.outerValue(of: node.operands[1], in: program),
        let rows = rows(of: node.operands[0], reversed: stack.specification.reversed, &program)
      else { continue }
      let axis = stack.specification.axis
      let position = form.stacks.firstIndex { $0.result == stack.result } ?? index
      let isTimeMajor = axis == 0
      guard
        let result = batching.apply(
          node, [.rows(rows), .same(matrix)], &after, &program)
      else { continue }
      if isTimeMajor {
        renameLast(result, to: stack.result)
      } else {
        let rank = program.type(of: stack.result).shape.rank ?? 0
        let permutation = Array(1...axis) + [0] + Array((axis + 1)..<max(rank, axis + 1))
        guard
          after.append(
            Transpose(permutation: permutation), [result], as: stack.result, in: &program) != nil
        else { continue }
      }
      form.stacks.remove(at: position)
    }
  }

  /// Has the last node that was appended after the loop give `value` in place of `old`.
  private mutating func renameLast(_ old: Value, to value: Value) {
    guard let index = after.nodes.lastIndex(where: { $0.results == [old] }) else { return }
    after.nodes[index].results = [value]
  }

  /// Carries that only add up something that needs no sum of earlier iterations.
  private mutating func moveSums(_ readers: [Value: Int], _ program: inout Program) {
    for index in form.carries.indices.reversed() {
      let carry = form.carries[index]
      guard let node = producer[carry.next], node.op is Add || node.op is AddN,
        node.operands.count == 2, node.operands.contains(carry.parameter),
        readers[carry.parameter] == 1, readers[carry.next, default: 0] == 0,
        !form.stacks.contains(where: { $0.slice == carry.next || $0.slice == carry.parameter }),
        !form.carries.enumerated().contains(where: {
          $0.offset != index
            && ($0.element.next == carry.next || $0.element.next == carry.parameter)
        }),
        program.type(of: carry.next) == program.type(of: carry.parameter)
      else { continue }
      let term = node.operands[0] == carry.parameter ? node.operands[1] : node.operands[0]
      var attempt = self
      guard let total = attempt.sum(of: term, &program) else { continue }
      if zeros.contains(carry.initial), attempt.after.nodes.last?.results == [total],
        program.type(of: total) == program.type(of: carry.result)
      {
        attempt.renameLast(total, to: carry.result)
      } else {
        guard
          attempt.after.append(
            Add(), [carry.initial, total], as: carry.result, in: &program) != nil
        else { continue }
      }
      self = attempt
      form.carries.remove(at: index)
      form.nodes.removeAll { $0.results == node.results }
    }
  }

  private mutating func sum(of value: Value, _ program: inout Program) -> Value? {
    var list = after
    var attempt = self
    let isReversed = isReversed
    let total = batching.sum(of: value, producer: producer, &list, &program) { value, program in
      attempt.rows(of: value, reversed: isReversed, &program)
    }
    guard let total else { return nil }
    let nodes = list.nodes
    self = attempt
    after.nodes = nodes
    return total
  }

  /// What a value of the body is in all iterations, known after the loop; it is stacked if nothing gives it yet.
  private mutating func rows(
    of value: Value, reversed: Bool, _ program: inout Program
  ) -> Value? {
    guard form.outerValue(of: value, in: program) == nil else { return nil }
    let known = stacked[value] ?? (ahead[value] ?? nil) ?? scannedRows(of: value)
    if let known, known.isReversed == reversed { return known.array }
    guard fits(program.type(of: value)) else { return nil }
    let stackCount = form.stacks.count
    let result = form.stack(
      value, ScanSpecification(reversed: reversed), count: iterations, &program)
    stacked[value] = BatchedArray(array: result, isReversed: reversed)
    if form.stacks.count > stackCount { newStacks.append(result) }
    return result
  }

  private func scannedRows(of value: Value) -> BatchedArray? {
    form.scans.first { $0.slice == value && $0.specification.axis == 0 }.map {
      BatchedArray(array: $0.array, isReversed: $0.specification.reversed)
    }
  }
}
