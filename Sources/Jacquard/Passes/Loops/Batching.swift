import JacquardArrays

/// An array of what a value of a loop body is in every iteration: `[iterations, …]`.
struct BatchedArray {
  var array: Value
  /// Whether row 0 is the last iteration's.
  var isReversed: Bool
}

/// The rules by which operations are applied to all iterations at once.
struct Batching {
  let iterations: Int

  /// Appends to `list` what computes `node`'s result in all iterations; `nil` without a rule for it.
  ///
  /// - Parameter operands: for each operand its rows, or the one value it has in all iterations.
  func apply(
    _ node: Node, _ operands: [Operand], _ list: inout NodeList, _ program: inout Program
  ) -> Value? {
    guard program.canMove(node), node.results.count == 1,
      let own = program.type(of: node.results[0]).shape.known
    else { return nil }
    switch node.op {
    case let op as any ElementwiseOp:
      let aligned = operands.enumerated().map { index, operand in
        align(operand, rank: own.count, of: node.operands[index], &list, &program)
      }
      guard !aligned.contains(nil) else { return nil }
      return broadcast(
        list.append(op, aligned.compactMap(\.self), in: &program), [iterations] + own, &list,
        &program)
    case let op as MatMul:
      return product(op, node, operands, own, &list, &program)
    default:
      guard node.isReshape, case .rows(let rows) = operands[0] else { return nil }
      return list.append(Reshape(shape: [iterations] + own), [rows], in: &program)
    }
  }

  /// An operand of a node: an array of its rows in all iterations, or the one value it always has.
  enum Operand {
    case rows(Value)
    case same(Value)
  }

  /// Rows with as many axes of length 1 after the first that they broadcast as slices do.
  private func align(
    _ operand: Operand, rank: Int, of slice: Value, _ list: inout NodeList,
    _ program: inout Program
  ) -> Value? {
    switch operand {
    case .same(let value): return value
    case .rows(let rows):
      guard let own = program.type(of: slice).shape.known else { return nil }
      if own.count == rank { return rows }
      let shape = [iterations] + Array(repeating: 1, count: rank - own.count) + own
      return list.append(Reshape(shape: shape), [rows], in: &program)
    }
  }

  private func broadcast(
    _ value: Value?, _ shape: [Int], _ list: inout NodeList, _ program: inout Program
  ) -> Value? {
    guard let value else { return nil }
    if program.type(of: value).shape.known == shape { return value }
    return list.append(BroadcastTo(shape: shape), [value], in: &program)
  }

  /// Rows of a matrix times one that is always the same: one product over all rows.
  private func product(
    _ op: MatMul, _ node: Node, _ operands: [Operand], _ own: [Int], _ list: inout NodeList,
    _ program: inout Program
  ) -> Value? {
    guard !op.transposeA, case .rows(let rows) = operands[0], case .same(let matrix) = operands[1],
      let a = program.type(of: node.operands[0]).shape.known, a.count == 2, own.count == 2,
      let flat = list.append(
        Reshape(shape: [iterations * a[0], a[1]]), [rows], in: &program),
      let result = list.append(op, [flat, matrix], in: &program)
    else { return nil }
    return list.append(Reshape(shape: [iterations] + own), [result], in: &program)
  }

  /// Appends what computes the sum over all iterations of a value of the body; `nil` without a rule.
  ///
  /// - Parameter rows: gives the rows of a value of the body, all in one direction.
  func sum(
    of value: Value, producer: [Value: Node], _ list: inout NodeList, _ program: inout Program,
    rows: (Value, inout Program) -> Value?
  ) -> Value? {
    guard let node = producer[value] else { return nil }
    func part(_ value: Value, _ list: inout NodeList, _ program: inout Program) -> Value? {
      sum(of: value, producer: producer, &list, &program, rows: rows)
    }
    switch node.op {
    case let op as MatMul:
      guard op.transposeA, !op.transposeB,
        let a = program.type(of: node.operands[0]).shape.known, a.count == 2,
        let b = program.type(of: node.operands[1]).shape.known, b.count == 2,
        let rowsA = rows(node.operands[0], &program), let rowsB = rows(node.operands[1], &program),
        let flatA = list.append(Reshape(shape: [iterations * a[0], a[1]]), [rowsA], in: &program),
        let flatB = list.append(Reshape(shape: [iterations * b[0], b[1]]), [rowsB], in: &program)
      else { return nil }
      return list.append(op, [flatA, flatB], in: &program)
    case let op as Concatenate:
      var parts: [Value] = []
      for operand in node.operands {
        guard let term = part(operand, &list, &program) else { return nil }
        parts.append(term)
      }
      return list.append(op, parts, in: &program)
    case is SumToShape:
      guard let from = program.type(of: node.operands[0]).shape.known,
        let to = program.type(of: value).shape.known, from.count > to.count,
        Array(from.suffix(to.count)) == to, let rows = rows(node.operands[0], &program)
      else { return nil }
      let columns = to.reduce(1, *)
      guard columns > 0,
        let flat = list.append(
          Reshape(shape: [iterations * from.reduce(1, *) / columns] + to), [rows], in: &program)
      else { return nil }
      return list.append(Sum(axes: [0], keepingDimensions: false), [flat], in: &program)
    case is Add, is AddN:
      guard node.operands.allSatisfy({ program.type(of: $0) == program.type(of: value) }) else {
        return nil
      }
      var terms: [Value] = []
      for operand in node.operands {
        guard let term = part(operand, &list, &program) else { return nil }
        terms.append(term)
      }
      return list.append(node.op, terms, in: &program)
    default:
      return nil
    }
  }
}
