import CVectorKernels

/// Arranges once what a loop multiplies by in every iteration, and adds what is added to the product on the way.
struct PackMatrices: Pass {
  static let name = "pack-matrices"
  static let isExact = false
  static let contract =
    "In loop bodies, a product with an invariant matrix, plus what it alone is added to, becomes one product with panels packed before the loop; sums change their order."

  func run(_ program: inout Program) {
    // In debug builds without optimised C the library's product is the faster one.
    guard jq_is_optimized() != 0 else { return }
    program.rewriteLoops { form, program in (before: pack(&form, &program), after: []) }
  }

  private func pack(_ form: inout LoopForm, _ program: inout Program) -> [Node] {
    var before = NodeList(origin: form.origin)
    var uses = form.readCounts
    for result in form.carries.map(\.next) + form.stacks.map(\.slice) {
      uses[result, default: 0] += 2
    }
    var packed: [PackedKey: Value] = [:]
    var producer: [Value: Int] = [:]
    for index in form.nodes.indices {
      var node = form.nodes[index]
      if let product = packedProduct(node, &form, &packed, &before, &program) { node = product }
      // The products move down to where the sum stands.
      if let sum = sumOfProducts(node, form, producer, uses, program)
        ?? absorbableSum(node, form, producer, uses, program)
      {
        for source in sum.sources {
          form.nodes[source] = Node(op: NoOp(), operands: [], results: [], origin: node.origin)
        }
        node = Node(
          op: sum.op, operands: sum.operands, results: node.results, origin: sum.origin)
      }
      form.nodes[index] = node
      for result in node.results { producer[result] = index }
    }
    form.nodes.removeAll { $0.op is NoOp && $0.results.isEmpty }
    return before.nodes
  }

  private struct PackedKey: Hashable {
    var matrix: Value
    var transposed: Bool
  }

  private func packedProduct(
    _ node: Node, _ form: inout LoopForm, _ packed: inout [PackedKey: Value],
    _ before: inout NodeList, _ program: inout Program
  ) -> Node? {
    guard let op = node.op as? MatMul, !op.transposeA,
      let matrix = form.outerValue(of: node.operands[1], in: program),
      let a = program.type(of: node.operands[0]).shape.known, a.count == 2,
      let b = program.type(of: matrix).shape.known, b.count == 2, a[0] > 0,
      program.type(of: matrix).dtype.isFloatingPoint
    else { return nil }
    let (inner, columns) = op.transposeB ? (b[1], b[0]) : (b[0], b[1])
    guard inner > 0, columns > 0 else { return nil }
    let key = PackedKey(matrix: matrix, transposed: op.transposeB)
    if packed[key] == nil {
      let pack = PackMatrix(transposed: op.transposeB)
      packed[key] = before.append(pack, [matrix], in: &program)
    }
    guard let outer = packed[key] else { return nil }
    let panels = form.invariant(for: outer, in: &program)
    return Node(
      op: PackedMatMul(columns: columns), operands: [node.operands[0], panels],
      results: node.results, origin: node.origin)
  }

  /// A product that takes in what it is added to.
  private struct Sum {
    /// Where the products stand that the sum alone reads.
    var sources: [Int]
    var op: PackedMatMul
    var operands: [Value]
    var origin: OperationID
  }

  /// A sum of two products that nothing else reads, with the bias that one of them has.
  private func sumOfProducts(
    _ node: Node, _ form: LoopForm, _ producer: [Value: Int], _ uses: [Value: Int],
    _ program: Program
  ) -> Sum? {
    guard node.op is Add || node.op is AddN, node.operands.count == 2,
      node.operands.allSatisfy({
        uses[$0] == 1 && program.type(of: $0) == program.type(of: node.results[0])
      })
    else { return nil }
    let sources = node.operands.compactMap { producer[$0] }
    let products = sources.map { form.nodes[$0] }
    let ops = products.compactMap { $0.op as? PackedMatMul }
    guard ops.count == 2, ops.allSatisfy({ $0.productCount == 1 && !$0.hasAddend }),
      !(ops[0].hasBias && ops[1].hasBias)
    else { return nil }
    let op = PackedMatMul(
      columns: ops[0].columns, productCount: 2, hasBias: ops[0].hasBias || ops[1].hasBias)
    return Sum(
      sources: sources, op: op,
      operands: products.flatMap { $0.operands.prefix(2) }
        + products.flatMap { $0.operands.dropFirst(2) }, origin: products[0].origin)
  }

  private func absorbableSum(
    _ node: Node, _ form: LoopForm, _ producer: [Value: Int], _ uses: [Value: Int],
    _ program: Program
  ) -> Sum? {
    guard node.op is Add || (node.op is AddN && node.operands.count == 2),
      let result = program.type(of: node.results[0]).shape.known
    else { return nil }
    for (operand, other) in [(0, 1), (1, 0)].map({ (node.operands[$0], node.operands[$1]) }) {
      guard let source = producer[operand], uses[operand] == 1,
        var op = form.nodes[source].op as? PackedMatMul, !op.hasBias,
        program.type(of: operand).shape.known == result,
        let shape = program.type(of: other).shape.known
      else { continue }
      let isRow = shape == [result[1]] || (shape == [1, result[1]] && result[0] != 1)
      if shape == result, !op.hasAddend {
        op.hasAddend = true
      } else if isRow, form.outerValue(of: other, in: program) != nil {
        op.hasBias = true
      } else {
        continue
      }
      let product = form.nodes[source]
      return Sum(
        sources: [source], op: op, operands: product.operands + [other], origin: product.origin)
    }
    return nil
  }
}
