import JacquardArrays

// Which products x·A need not be computed at all.
extension ProductRewriter {
  /// The sizes of a product whose left side is `x·A + b`, arranged; `[rows, width]·[width, columns]`, or that transposed times
  /// `[rows, columns]`.
  struct ExpandedSizes {
    var rows: Double
    /// The columns of `x`, and one for the bias.
    var inner: Double
    var width: Double
    var columns: Double

    init?(_ expansion: Expansion, _ node: Node, _ op: MatMul, _ program: Program) {
      guard let expanded = program.type(of: node.operands[0]).shape.known,
        let inner = program.type(of: expansion.rows).shape.known?.last,
        let matrix = program.type(of: node.operands[1]).shape.known
      else { return nil }
      rows = Double(expanded.dropLast().reduce(1, *))
      self.inner = Double(expansion.bias == nil ? inner : inner + 1)
      width = Double(expanded[expanded.count - 1])
      columns = Double(op.transposeB ? matrix[0] : matrix[1])
    }

    /// The operations of the product as it stands.
    var asWritten: Double { rows * width * columns }
    /// Those of multiplying by `x` and `A` one after the other.
    var reassociated: Double { inner * (rows + width) * columns }
    /// Those of multiplying by `A` what another product has multiplied by `x` already.
    var withSharedProduct: Double { (rows + inner * width) * columns }
  }

  /// The products `x·A` that nothing reads but products that can do without, where all of them together take a fifth fewer
  /// operations then. The arrays between them are not written and read either.
  func dispensableExpansions(_ block: Block, _ program: Program) -> Set<Value> {
    if expansions.isEmpty { return [] }
    let shown = Self.reshaped(block)
    let made = productsOfContractions(block, shown)
    var costs: [Value: (asWritten: Double, reassociated: Double)] = [:]
    var isNeeded: Set<Value> = []
    for (value, expansion) in expansions where results.contains(value) {
      isNeeded.insert(expansion.product)
    }
    for node in block.nodes {
      for (position, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: position) {
        guard let expansion = expansions[operand] else { continue }
        let next = node.results.first.flatMap { expansions[$0] }
        if next?.product == expansion.product { continue }
        guard let op = node.op as? MatMul, position == 0, node.operands[1] != operand,
          program.type(of: node.operands[1]).shape.rank == 2,
          !op.transposeA || program.type(of: operand).shape.rank == 2,
          let sizes = ExpandedSizes(expansion, node, op, program)
        else {
          isNeeded.insert(expansion.product)
          continue
        }
        let isShared =
          op.transposeA && !op.transposeB
          && made.contains(
            TransposedProduct(
              left: shown[expansion.rows] ?? expansion.rows,
              right: shown[node.operands[1]] ?? node.operands[1]))
        // x·A itself would vanish.
        let own = sizes.rows * (expansion.bias == nil ? sizes.inner : sizes.inner - 1) * sizes.width
        let known = costs[expansion.product] ?? (own, 0)
        costs[expansion.product] = (
          known.asWritten + sizes.asWritten,
          known.reassociated + (isShared ? sizes.withSharedProduct : sizes.reassociated)
        )
      }
    }
    return Set(
      costs.filter { product, cost in
        !isNeeded.contains(product) && cost.reassociated < 0.8 * cost.asWritten
      }.keys)
  }

  private struct TransposedProduct: Hashable {
    var left: Value
    var right: Value
  }

  /// The products `yᵀ·g` that are made anyway, in place of products `yᵀ·(g·B)`.
  private func productsOfContractions(
    _ block: Block, _ shown: [Value: Value]
  ) -> Set<TransposedProduct> {
    var made: Set<TransposedProduct> = []
    for node in block.nodes where (node.op as? MatMul)?.transposeA == true {
      for term in contractions[node.operands[1]] ?? [] {
        made.insert(
          TransposedProduct(
            left: shown[node.operands[0]] ?? node.operands[0],
            right: shown[term.rows] ?? term.rows))
      }
    }
    return made
  }

  /// The arrays that reshapes show.
  private static func reshaped(_ block: Block) -> [Value: Value] {
    var shown: [Value: Value] = [:]
    for node in block.nodes where node.isReshape {
      shown[node.results[0]] = shown[node.operands[0]] ?? node.operands[0]
    }
    return shown
  }
}
