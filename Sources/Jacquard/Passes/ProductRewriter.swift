import JacquardArrays

/// Rewrites the products of one block.
struct ProductRewriter {
  /// Rows `x·A + b`, arranged.
  struct Expansion {
    /// The value of the product.
    var product: Value
    var rows: Value
    var matrix: Value
    var isTransposed: Bool
    var bias: Value?
    var arrangement = RowArrangement.unchanged
  }

  /// The rows of a product `g·B`, arranged.
  struct Contraction {
    /// The value of the product.
    var product: Value
    var rows: Value
    var matrix: Value
    var op: MatMul
    var arrangement = RowArrangement.unchanged

    /// Rows and inner size of the product, and its columns.
    func sizes(_ program: Program) -> (rows: Double, inner: Double, columns: Double) {
      let g = program.type(of: rows).shape.known ?? [1]
      let columns = program.type(of: product).shape.known?.last ?? 1
      return (Double(g.dropLast().reduce(1, *)), Double(g.last ?? 1), Double(columns))
    }
  }

  private struct RowsKey: Hashable {
    var rows: Value
    var arrangement: RowArrangement
  }

  private struct ProductKey: Hashable {
    var a: Value
    var b: Value
    var transposeB: Bool
  }

  private(set) var expansions: [Value: Expansion] = [:]
  /// Sums of products that are read only by what can do without them.
  var contractions: [Value: [Contraction]] = [:]
  private(set) var results: Set<Value>
  /// Products `x·A` best done without altogether.
  private var dispensable: Set<Value> = []
  /// Rows with a column of ones behind them.
  private var extended: [RowsKey: Value] = [:]
  /// The products of transposed rows and others.
  private var products: [ProductKey: Value] = [:]

  init(_ block: Block, _ program: Program) {
    results = Set(block.results)
    findContractions(block, program)
    for node in block.nodes { note(node, program) }
    dispensable = dispensableExpansions(block, program)
  }

  mutating func rewrite(_ block: inout Block, _ program: inout Program) {
    var nodes: [Node] = []
    nodes.reserveCapacity(block.nodes.count)
    for node in block.nodes {
      var list = NodeList(origin: node.origin)
      if replace(node, &list, &program) { nodes += list.nodes } else { nodes.append(node) }
    }
    block.nodes = nodes
    takeSums(&block, &program)
  }

  private mutating func replace(
    _ node: Node, _ list: inout NodeList, _ program: inout Program
  ) -> Bool {
    if let op = node.op as? MatMul {
      let (left, right) = (node.operands[0], node.operands[1])
      guard program.type(of: right).shape.rank == 2 else { return false }
      if let expansion = expansions[left] {
        return op.transposeA
          ? multiplyTransposed(expansion, node, op, &list, &program)
          : multiply(expansion, node, op, &list, &program)
      }
      if op.transposeA, !op.transposeB, let terms = contractions[right] {
        return append(terms, as: node.results[0], &list, &program) {
          rewriter, term, list, program in
          rewriter.multiplyTransposed(left, term, &list, &program)
        }
      }
    }
    if let terms = node.operands.first.flatMap({ contractions[$0] }),
      Self.sumsRows(node, program)
    {
      return append(terms, as: node.results[0], &list, &program) { rewriter, term, list, program in
        rewriter.sumRows(term, &list, &program)
      }
    }
    return false
  }

  // MARK: Finding chains

  /// Learns what `node` computes.
  private mutating func note(_ node: Node, _ program: Program) {
    guard let first = node.operands.first, node.results.count == 1 else { return }
    let result = node.results[0]
    switch node.op {
    case let op as MatMul where !op.transposeA:
      guard program.type(of: result).dtype.isFloatingPoint,
        let matrix = program.type(of: node.operands[1]).shape.known, matrix.count == 2,
        program.type(of: first).shape.known?.allSatisfy({ $0 > 0 }) == true,
        matrix.allSatisfy({ $0 > 0 })
      else { return }
      let (inner, columns) = op.transposeB ? (matrix[1], matrix[0]) : (matrix[0], matrix[1])
      if inner + 1 < columns {
        expansions[result] = Expansion(
          product: result, rows: first, matrix: node.operands[1], isTransposed: op.transposeB)
      }
    case is Add:
      for (value, other) in [(first, node.operands[1]), (node.operands[1], first)] {
        guard var expansion = expansions[value], expansion.bias == nil,
          let shape = program.type(of: value).shape.known,
          program.type(of: result).shape.known == shape,
          let row = program.type(of: other).shape.known, row.last == shape.last,
          row.dropLast().allSatisfy({ $0 == 1 })
        else { continue }
        expansion.bias = other
        expansions[result] = expansion
        return
      }
    default:
      guard var expansion = expansions[first],
        let arrangement = expansion.arrangement.followed(by: node, in: program)
      else { return }
      expansion.arrangement = arrangement
      expansions[result] = expansion
    }
  }

  /// Takes sums of rows out of products with a column of ones, where there is one of the same rows.
  private func takeSums(_ block: inout Block, _ program: inout Program) {
    let withOnes = Set(extended.values)
    var sources: [Value: Value] = [:]
    for (key, product) in products where withOnes.contains(key.a) && !key.transposeB {
      sources[key.b] = min(product, sources[key.b] ?? product)
    }
    guard !sources.isEmpty else { return }
    for node in block.nodes where Self.sumsRows(node, program) {
      guard let product = sources[node.operands[0]],
        program.type(of: node.operands[0]).shape.rank == 2,
        let shape = program.type(of: node.results[0]).shape.known,
        let count = program.type(of: product).shape[0],
        var index = block.nodes.firstIndex(where: { $0.results == node.results }),
        let position = block.nodes.firstIndex(where: { $0.results == [product] })
      else { continue }
      if position > index {
        let between = block.nodes[index..<position]
        let source = block.nodes[position]
        if !between.contains(where: { $0.results.contains(where: source.operands.contains) }) {
          // The product moves up to where its sum is wanted.
          block.nodes.remove(at: position)
          block.nodes.insert(source, at: index)
          index += 1
        } else if !between.contains(where: { $0.operands.contains(node.results[0]) }) {
          // The sum moves down.
          block.nodes.insert(block.nodes.remove(at: index), at: position)
          index = position
        } else {
          continue
        }
      }
      var list = NodeList(origin: node.origin)
      let last = Slice(bounds: [.init(axis: 0, begin: count - 1, end: count)])
      let isRow = shape.count == 2
      guard
        let row = list.append(last, [product], as: isRow ? node.results[0] : nil, in: &program),
        isRow || list.append(Reshape(shape: shape), [row], as: node.results[0], in: &program) != nil
      else { continue }
      block.nodes.replaceSubrange(index...index, with: list.nodes)
    }
  }

  // MARK: Multiplying in another order

  /// (x·A + b)·B as x·(A·B) + b·B.
  private mutating func multiply(
    _ expansion: Expansion, _ node: Node, _ op: MatMul, _ list: inout NodeList,
    _ program: inout Program
  ) -> Bool {
    guard isCheaper(expansion, node, op, program),
      let shape = program.type(of: node.results[0]).shape.known,
      let rows = rows(of: expansion, &list, &program),
      let both = matrices(of: expansion, times: node.operands[1], op, &list, &program)
    else { return false }
    let product = MatMul(transposeA: false, transposeB: false)
    if shape.count == 2 {
      return list.append(product, [rows, both], as: node.results[0], in: &program) != nil
    }
    guard let flat = list.append(product, [rows, both], in: &program) else { return false }
    return list.append(Reshape(shape: shape), [flat], as: node.results[0], in: &program) != nil
  }

  /// (x·A + b)ᵀ·g as Aᵀ·(xᵀ·g) + bᵀ·(1ᵀ·g).
  private mutating func multiplyTransposed(
    _ expansion: Expansion, _ node: Node, _ op: MatMul, _ list: inout NodeList,
    _ program: inout Program
  ) -> Bool {
    guard program.type(of: node.operands[0]).shape.rank == 2,
      isCheaper(expansion, node, op, program),
      let rows = rows(of: expansion, &list, &program),
      let inner = transposedProduct(rows, node.operands[1], op.transposeB, &list, &program),
      let matrix = matrix(of: expansion, &list, &program)
    else { return false }
    return list.append(
      MatMul(transposeA: !expansion.isTransposed, transposeB: false), [matrix, inner],
      as: node.results[0], in: &program) != nil
  }

  /// The sum of what `part` makes of each term.
  private mutating func append(
    _ terms: [Contraction], as result: Value, _ list: inout NodeList, _ program: inout Program,
    part: (inout Self, Contraction, inout NodeList, inout Program) -> Value?
  ) -> Bool {
    var sum: Value?
    for term in terms {
      guard let value = part(&self, term, &list, &program) else { return false }
      if let known = sum {
        guard let more = list.append(Add(), [known, value], in: &program) else { return false }
        sum = more
      } else {
        sum = value
      }
    }
    guard let sum, let shape = program.type(of: result).shape.known else { return false }
    return list.append(Reshape(shape: shape), [sum], as: result, in: &program) != nil
  }

  /// yᵀ·(g·B) as (yᵀ·g)·B.
  private mutating func multiplyTransposed(
    _ left: Value, _ term: Contraction, _ list: inout NodeList, _ program: inout Program
  ) -> Value? {
    let arrangement = term.arrangement.inverse
    guard let rows = matrixOfRows(term.rows, &list, &program) else { return nil }
    var inner: Value?
    if let known = extended[RowsKey(rows: left, arrangement: arrangement)] {
      guard let count = program.type(of: left).shape[1],
        let product = transposedProduct(known, rows, false, &list, &program)
      else { return nil }
      inner = list.append(
        Slice(bounds: [.init(axis: 0, begin: 0, end: count)]), [product], in: &program)
    } else if let arranged = arrangement.append(to: &list, left, in: &program) {
      inner = transposedProduct(arranged, rows, false, &list, &program)
    }
    return inner.flatMap { list.append(term.op, [$0, term.matrix], in: &program) }
  }

  /// 1ᵀ·(g·B) as (1ᵀ·g)·B.
  private func sumRows(
    _ term: Contraction, _ list: inout NodeList, _ program: inout Program
  ) -> Value? {
    guard let rows = matrixOfRows(term.rows, &list, &program) else { return nil }
    return list.append(Sum(axes: [0], keepingDimensions: true), [rows], in: &program)
      .flatMap { list.append(term.op, [$0, term.matrix], in: &program) }
  }

  /// Whether multiplying by x first takes a quarter fewer operations, or all readers of x·A together gain from it.
  private func isCheaper(
    _ expansion: Expansion, _ node: Node, _ op: MatMul, _ program: Program
  ) -> Bool {
    if dispensable.contains(expansion.product) { return true }
    guard let sizes = ExpandedSizes(expansion, node, op, program) else { return false }
    return sizes.reassociated < 0.75 * sizes.asWritten
  }

  // MARK: Parts of products

  /// An array as a matrix of its rows along the last axis.
  private func matrixOfRows(
    _ value: Value, _ list: inout NodeList, _ program: inout Program
  ) -> Value? {
    guard let shape = program.type(of: value).shape.known, let columns = shape.last else {
      return nil
    }
    if shape.count == 2 { return value }
    return list.append(
      Reshape(shape: [shape.dropLast().reduce(1, *), columns]), [value], in: &program)
  }

  /// The rows x in their arrangement; with a column of ones if there is a bias.
  private mutating func rows(
    of expansion: Expansion, _ list: inout NodeList, _ program: inout Program
  ) -> Value? {
    let key = RowsKey(rows: expansion.rows, arrangement: expansion.arrangement)
    if expansion.bias != nil, let known = extended[key] { return known }
    guard let flat = matrixOfRows(expansion.rows, &list, &program),
      let arranged = expansion.arrangement.append(to: &list, flat, in: &program)
    else { return nil }
    guard expansion.bias != nil else { return arranged }
    let type = program.type(of: arranged)
    guard let count = type.shape[0] else { return nil }
    let ones = program.addValue(
      TensorType(type.dtype, [count, 1]),
      constant: .ones(type.dtype, [count, 1]))
    let value = list.append(Concatenate(axis: 1), [arranged, ones], in: &program)
    extended[key] = value
    extended[RowsKey(rows: flat, arrangement: expansion.arrangement)] = value
    return value
  }

  /// The matrix A, transposed if it is given so; with the bias as a last row.
  private func matrix(
    of expansion: Expansion, _ list: inout NodeList, _ program: inout Program
  ) -> Value? {
    guard let bias = expansion.bias else { return expansion.matrix }
    guard let width = program.type(of: bias).shape.known?.last,
      let row = list.append(
        Reshape(shape: expansion.isTransposed ? [width, 1] : [1, width]), [bias], in: &program)
    else { return nil }
    return list.append(
      Concatenate(axis: expansion.isTransposed ? 1 : 0), [expansion.matrix, row], in: &program)
  }

  /// A·B, with b·B as a last row.
  private func matrices(
    of expansion: Expansion, times right: Value, _ op: MatMul, _ list: inout NodeList,
    _ program: inout Program
  ) -> Value? {
    guard let matrix = matrix(of: expansion, &list, &program) else { return nil }
    return list.append(
      MatMul(transposeA: expansion.isTransposed, transposeB: op.transposeB), [matrix, right],
      in: &program)
  }

  /// xᵀ·g, once for all who want it.
  private mutating func transposedProduct(
    _ rows: Value, _ other: Value, _ transposeB: Bool, _ list: inout NodeList,
    _ program: inout Program
  ) -> Value? {
    let key = ProductKey(a: rows, b: other, transposeB: transposeB)
    if let known = products[key] { return known }
    let value = list.append(
      MatMul(transposeA: true, transposeB: transposeB), [rows, other], in: &program)
    products[key] = value
    return value
  }
}
