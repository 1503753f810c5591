// Which products need not be computed at all.
extension ProductRewriter {
  /// Finds the products, their arrangements and sums whose readers can all do without them, where that is cheaper.
  mutating func findContractions(_ block: Block, _ program: Program) {
    var found: [Value: [Contraction]] = [:]
    for node in block.nodes {
      if let terms = Self.contractions(of: node, found, program) { found[node.results[0]] = terms }
    }
    if found.isEmpty { return }
    var readers: [Value: [Int]] = [:]
    for index in block.nodes.indices {
      let operands = block.nodes[index].operands
      for position in operands.indices
      where found[operands[position]] != nil
        && block.nodes[index].op.usesElements(ofOperand: position)
      {
        readers[operands[position], default: []].append(index)
      }
    }
    // From the last reader to the first.
    for node in block.nodes.reversed() {
      guard let value = node.results.first, found[value] != nil else { continue }
      let isDispensable =
        !results.contains(value)
        && (readers[value] ?? []).allSatisfy { index in
          let reader = block.nodes[index]
          return reader.results.first.map { found[$0] != nil } == true
            || Self.way(toRead: value, by: reader, program) != nil
        }
      if !isDispensable { found[value] = nil }
    }
    // What all readers of the same products save together.
    var gains: [Value: Double] = [:]
    var partners: [Value: Set<Value>] = [:]
    for node in block.nodes {
      for value in node.operands {
        guard let terms = found[value], let way = Self.way(toRead: value, by: node, program)
        else { continue }
        for term in terms {
          gains[term.product, default: vanishing(term, program)] += way.gain(term, program)
          partners[term.product, default: []].formUnion(terms.map(\.product))
        }
      }
    }
    contractions = found.filter { _, terms in
      // Each is among its own partners.
      terms.allSatisfy { partners[$0.product]?.allSatisfy { (gains[$0] ?? 0) > 0 } == true }
    }
  }

  /// Sums of more products are left alone: each reader is weighed against every term.
  private static let termLimit = 32

  /// What `node` makes of products known so far, as a sum of them.
  private static func contractions(
    of node: Node, _ found: [Value: [Contraction]], _ program: Program
  ) -> [Contraction]? {
    guard let first = node.operands.first, node.results.count == 1 else { return nil }
    let type = program.type(of: node.results[0])
    if let op = node.op as? MatMul {
      guard !op.transposeA, type.dtype.isFloatingPoint,
        let matrix = program.type(of: node.operands[1]).shape.known, matrix.count == 2,
        (type.shape.elementCount ?? 0) > 0
      else { return nil }
      return [
        Contraction(
          product: node.results[0], rows: first, matrix: node.operands[1], op: op)
      ]
    }
    if node.op is Add {
      guard let a = found[first], let b = found[node.operands[1]], first != node.operands[1],
        a.count + b.count <= Self.termLimit,
        node.operands.allSatisfy({ program.type(of: $0) == type })
      else { return nil }
      return a + b
    }
    guard let terms = found[first] else { return nil }
    let arranged = terms.compactMap { term -> Contraction? in
      guard let arrangement = term.arrangement.followed(by: node, in: program) else { return nil }
      var term = term
      term.arrangement = arrangement
      return term
    }
    return arranged.count == terms.count ? arranged : nil
  }

  /// How a node does without the product it reads.
  private enum Way {
    /// As the right side of a transposed product, whose left side has so many columns.
    case transposedProduct(Int)
    case sum

    /// The operations spared, without those of the product itself.
    func gain(_ term: Contraction, _ program: Program) -> Double {
      let (rows, inner, columns) = term.sizes(program)
      switch self {
      case .transposedProduct(let count):
        return Double(count) * (rows * columns - inner * (rows + columns))
      case .sum: return rows * columns - inner * (rows + columns)
      }
    }
  }

  private static func way(toRead value: Value, by node: Node, _ program: Program) -> Way? {
    if let op = node.op as? MatMul {
      guard op.transposeA, !op.transposeB, node.operands[1] == value, node.operands[0] != value,
        let a = program.type(of: node.operands[0]).shape.known, a.count == 2,
        program.type(of: value).shape.rank == 2
      else { return nil }
      return .transposedProduct(a[1])
    }
    return node.operands[0] == value && sumsRows(node, program) ? .sum : nil
  }

  /// The operations of the product itself, less a quarter: so much must be saved.
  private func vanishing(_ term: Contraction, _ program: Program) -> Double {
    let (rows, inner, columns) = term.sizes(program)
    return 0.75 * rows * inner * columns
  }

  /// Whether a node sums over all axes but the last.
  static func sumsRows(_ node: Node, _ program: Program) -> Bool {
    guard node.op is SumToShape || node.op is Sum,
      let from = program.type(of: node.operands[0]).shape.known,
      let to = program.type(of: node.results[0]).shape.known
    else { return false }
    if let sum = node.op as? Sum,
      sum.axes?.contains(where: { $0 == -1 || $0 == from.count - 1 }) != false
    {
      return false
    }
    return to.last == from.last && to.dropLast().allSatisfy { $0 == 1 } && from.count > 1
  }
}
