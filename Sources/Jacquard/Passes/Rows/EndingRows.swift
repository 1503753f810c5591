import JacquardArrays

/// An array of the values that a loop body has in all steps, of which rows that have ended hold zeros.
struct EndedArray {
  /// The steps that each row has.
  var lengths: Value
  /// The axis of the steps.
  var axis: Int
  /// Whether slice 0 belongs to the last step.
  var isReversed: Bool
}

/// A loop whose rows depend on no other rows, and end at different steps: from then on, or in a loop that goes backwards until
/// then, a row changes nothing that is carried or summed up.
struct EndingRows {
  let form: LoopForm
  /// The outer value that says how many steps each row has.
  let lengths: Value
  /// Whether the loop goes from the last step to the first.
  let isReversed: Bool
  let iterations: Int
  private let rowCount: Int
  private let program: Program
  private var facts: [Value: RowFact] = [:]
  /// The invariants that have a row for each row.
  private var rowInvariants: Set<Value> = []

  /// - Parameter known: what earlier loops of the block stack.
  init?(_ form: LoopForm, _ known: [Value: EndedArray], _ program: Program) {
    guard let iterations = form.fullTripCount(in: program), iterations > 1,
      form.liveRows == nil, form.nodes.contains(where: { $0.op is MatMul }),
      let ends = Self.ends(of: form, known, program),
      let rowCount = program.type(of: ends.lengths).shape[0], rowCount > 1,
      program.type(of: ends.lengths).shape.elementCount == rowCount
    else { return nil }
    self.form = form
    (lengths, isReversed) = ends
    self.iterations = iterations
    self.rowCount = rowCount
    self.program = program
    rowInvariants = Set(form.invariants.filter { $0.outer == lengths }.map(\.inner))
    guard findFacts(known) else { return nil }
  }

  /// Which lengths end the rows of a loop, and whether it goes backwards.
  private static func ends(
    of form: LoopForm, _ known: [Value: EndedArray], _ program: Program
  ) -> (lengths: Value, isReversed: Bool)? {
    for scan in form.scans where program.type(of: scan.slice).dtype == .bool {
      if let array = known[scan.array] {
        return (array.lengths, scan.specification.reversed != array.isReversed)
      }
    }
    for node in form.nodes {
      guard let lengths = comparedLengths(node, form),
        let invariant = form.invariants.first(where: { $0.inner == lengths })
      else { continue }
      return (invariant.outer, false)
    }
    return nil
  }

  /// What the iteration is compared with to tell which rows are live.
  private static func comparedLengths(_ node: Node, _ form: LoopForm) -> Value? {
    switch node.op {
    case is Less, is GreaterOrEqual:
      node.operands[0] == form.iteration ? node.operands[1] : nil
    case is Greater, is LessOrEqual:
      node.operands[1] == form.iteration ? node.operands[0] : nil
    default: nil
    }
  }

  // MARK: What is known

  /// Whether a value has a row for each row of the batch.
  func hasRows(_ value: Value) -> Bool {
    fact(of: value).extent != .same && program.type(of: value).shape[0] == rowCount
  }

  /// Whether rows of a value that have ended are zero.
  func endsInZeros(_ value: Value) -> Bool { fact(of: value).ended.isZero }

  /// Whether slices along `axis` of `array`, which the loop scans or stacks as `specification` says, belong to the same steps as
  /// those of another.
  func isReversed(_ specification: ScanSpecification) -> Bool {
    specification.reversed != isReversed
  }

  private func fact(of value: Value) -> RowFact {
    if let constant = program.constant(value) { return RowFact(constant) }
    return facts[value] ?? .same
  }

  private mutating func findFacts(_ known: [Value: EndedArray]) -> Bool {
    var rowCarries = Set(
      form.carries.indices.filter { hasRowCount(form.carries[$0].parameter) })
    while true {
      facts = [:]
      for value in rowInvariants { facts[value] = RowFact(extent: .rows, ended: .unknown) }
      for index in rowCarries {
        facts[form.carries[index].parameter] = RowFact(extent: .rows, ended: .carry(index))
      }
      for scan in form.scans where hasRowCount(scan.slice) {
        let isZero = known[scan.array].map { array in
          array.lengths == lengths && array.axis == scan.specification.axis
            && array.isReversed == isReversed(scan.specification)
        }
        facts[scan.slice] = RowFact(
          extent: .rows, ended: isZero == true ? .number(0) : .unknown)
      }
      let invariants = rowInvariants
      guard form.nodes.allSatisfy({ findFact(of: $0) }) else {
        if rowInvariants == invariants { return false }
        continue
      }
      // What was taken for rows, and is a sum over rows.
      let sums = rowCarries.filter { fact(of: form.carries[$0].next).extent == .same }
      if sums.isEmpty { break }
      rowCarries.subtract(sums)
    }
    return form.carries.indices.allSatisfy { index in
      let next = fact(of: form.carries[index].next)
      return rowCarries.contains(index)
        ? next.ended == .carry(index) : next.extent == .same
    }
  }

  private func hasRowCount(_ value: Value) -> Bool {
    program.type(of: value).shape[0] == rowCount
  }

  /// Notes what is known of the results of a node; false if rows depend on each other, or the node on rows that have ended.
  private mutating func findFact(of node: Node) -> Bool {
    if let lengths = Self.comparedLengths(node, form), rowInvariants.contains(lengths),
      form.outerValue(of: lengths, in: program) == self.lengths
    {
      let isLive = node.op is Less || node.op is Greater
      facts[node.results[0]] = RowFact(extent: .rows, ended: .number(isLive ? 0 : 1))
      return true
    }
    let operands = node.operands.indices.filter { node.op.usesElements(ofOperand: $0) }
      .map { fact(of: node.operands[$0]) }
    if let fill = node.op as? FillLike {
      facts[node.results[0]] = RowFact(extent: .either, ended: .number(fill.value.value))
      return true
    }
    guard operands.contains(where: { $0.extent == .rows }) else {
      for result in node.results { facts[result] = .same }
      return true
    }
    guard program.canMove(node), let found = fact(of: node, operands) else { return false }
    for result in node.results {
      guard found.extent == .same || hasRowCount(result) else { return false }
      facts[result] = found
    }
    return true
  }

  /// What a node makes of operands of which some have rows.
  private mutating func fact(of node: Node, _ operands: [RowFact]) -> RowFact? {
    let shapes = node.operands.map { program.type(of: $0).shape.known ?? [] }
    let result = program.type(of: node.results[0]).shape.known ?? []
    let ended = operands.map(\.ended)
    func rows(_ ended: RowFact.Ended) -> RowFact { RowFact(extent: .rows, ended: ended) }
    let number: RowFact.Ended =
      if case .number = ended[0] { ended[0] } else { .unknown }
    switch node.op {
    case let op as any ElementwiseOp:
      guard alignsRows(node, operands) else { return nil }
      return rows(
        EndedElements.result(of: op, ended, node.operands.map { program.type(of: $0).dtype }))
    case is AddN:
      return alignsRows(node, operands) ? rows(EndedElements.sum(ended)) : nil
    case let op as MatMul:
      return product(op, operands, shapes)
    case let op as Concatenate:
      guard result.normalized(axis: op.axis) != 0,
        operands.allSatisfy({ $0.extent != .same })
      else { return nil }
      return rows(ended.allSatisfy { $0 == number } ? number : .unknown)
    case let op as Split:
      return shapes[0].normalized(axis: op.axis) != 0 ? rows(number) : nil
    case let op as any SlicingOp:
      guard shapes[0].count == result.count,
        let region = try? op.region(of: shapes[0], others: Array(shapes.dropFirst())),
        region.sizes[0] == rowCount, region.strides[0] == 1
      else { return nil }
      return rows(number)
    case is BroadcastTo, is BroadcastLike:
      return shapes[0].count == result.count ? rows(number) : nil
    case is SumToShape:
      if shapes[0].count == result.count && result[0] == rowCount {
        return rows(ended[0].isZero ? ended[0] : .unknown)
      }
      return ended[0].isZero ? .same : nil
    case let op as Sum:
      let axes = op.axes?.map { shapes[0].normalized(axis: $0) }
      if let axes, !axes.contains(0) { return rows(ended[0].isZero ? ended[0] : .unknown) }
      return ended[0].isZero ? .same : nil
    default:
      return node.isReshape ? rows(number) : nil
    }
  }

  /// Whether the operands that have rows have them along the leading axis of the result, and the others are the same for each.
  private mutating func alignsRows(_ node: Node, _ operands: [RowFact]) -> Bool {
    let rank = program.type(of: node.results[0]).shape.rank ?? 0
    for (value, fact) in zip(node.operands, operands) {
      let shape = program.type(of: value).shape
      switch fact.extent {
      case .either: continue
      case .rows:
        guard shape.rank == rank, shape[0] == rowCount else { return false }
      case .same:
        guard shape.rank == rank, shape[0] != 1 else { continue }
        // It may be an invariant with a row for each: the next attempt takes it for one.
        if form.invariants.contains(where: { $0.inner == value }) { rowInvariants.insert(value) }
        return false
      }
    }
    return true
  }

  private func product(_ op: MatMul, _ operands: [RowFact], _ shapes: [[Int]]) -> RowFact? {
    let zero = RowFact.Ended.number(0)
    let hasZero = operands.contains { $0.ended.isZero }
    if shapes.allSatisfy({ $0.count == 2 }) {
      if op.transposeA {
        // The sum over rows of what each adds.
        let isSum = !op.transposeB && operands.allSatisfy { $0.extent != .same }
        return isSum && hasZero ? .same : nil
      }
      guard operands[0].extent == .rows, operands[1].extent != .rows else { return nil }
      return RowFact(extent: .rows, ended: operands[0].ended.isZero ? zero : .unknown)
    }
    // A product for each row.
    guard shapes[0].count == shapes[1].count, operands.allSatisfy({ $0.extent == .rows }) else {
      return nil
    }
    return RowFact(extent: .rows, ended: hasZero ? zero : .unknown)
  }
}
