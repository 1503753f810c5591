/// Multiplies the parts of a joined matrix one by one, so that those which need no earlier iteration can leave the loop.
struct SplitProducts: Pass {
  static let name = "split-products"
  static let isExact = false
  static let contract =
    "In loop bodies, concat(a, b)·W becomes a·W₁ + b·W₂, parts of g·Wᵀ become g·Wᵢᵀ, and concat(a, b)ᵀ·g becomes concat(aᵀ·g, bᵀ·g); sums change their order."

  func run(_ program: inout Program) {
    program.rewriteLoops { form, program in
      split(&form, &program)
      return ([], [])
    }
  }

  private func split(_ form: inout LoopForm, _ program: inout Program) {
    var producer: [Value: Node] = [:]
    var readers: [Value: [Node]] = [:]
    for node in form.nodes {
      for result in node.results { producer[result] = node }
      for (index, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: index) {
        readers[operand, default: []].append(node)
      }
    }
    let results = Set(form.carries.map(\.next) + form.stacks.map(\.slice))
    var nodes: [Node] = []
    for node in form.nodes {
      var list = NodeList(origin: node.origin)
      if let product = Product(node, form, program), let joined = producer[product.a],
        let parts = Self.columns(joined, program),
        Self.append(product, parts, as: node.results[0], &list, &program)
      {
        nodes += list.nodes
      } else if let op = node.op as? MatMul, op.transposeA, !op.transposeB,
        let joined = producer[node.operands[0]], let parts = Self.columns(joined, program),
        Self.appendTransposed(node, parts, &list, &program)
      {
        nodes += list.nodes
      } else if let product = producer[node.operands.first ?? form.iteration],
        !results.contains(product.results[0]),
        (readers[product.results[0]] ?? []).allSatisfy({ $0.op is ConcatenatedPart }),
        Self.appendPart(of: product, taken: node, form, &list, &program)
      {
        nodes += list.nodes
      } else {
        nodes.append(node)
      }
    }
    form.nodes = nodes
  }

  /// A product of rows with a matrix that is the same in every iteration.
  private struct Product {
    let a: Value
    let b: Value
    let op: MatMul

    init?(_ node: Node, _ form: LoopForm, _ program: Program) {
      guard let op = node.op as? MatMul, !op.transposeA,
        form.outerValue(of: node.operands[1], in: program) != nil,
        node.operands.allSatisfy({ program.type(of: $0).shape.rank == 2 })
      else { return nil }
      (a, b, self.op) = (node.operands[0], node.operands[1], op)
    }
  }

  /// What a node joins along the columns.
  private static func columns(_ node: Node, _ program: Program) -> [Value]? {
    guard let op = node.op as? Concatenate, op.axis == 1 || op.axis == -1,
      node.operands.count > 1, program.type(of: node.results[0]).shape.rank == 2,
      node.operands.allSatisfy({ (program.type(of: $0).shape[1] ?? 0) > 0 })
    else { return nil }
    return node.operands
  }

  private static func append(
    _ product: Product, _ parts: [Value], as result: Value, _ list: inout NodeList,
    _ program: inout Program
  ) -> Bool {
    var terms: [Value] = []
    var start = 0
    for part in parts {
      let width = program.type(of: part).shape[1] ?? 0
      let bound = Slice.Bound(
        axis: product.op.transposeB ? 1 : 0, begin: start, end: start + width)
      guard let rows = list.append(Slice(bounds: [bound]), [product.b], in: &program),
        let term = list.append(product.op, [part, rows], in: &program)
      else { return false }
      terms.append(term)
      start += width
    }
    for (index, term) in terms.enumerated().dropFirst() {
      let isLast = index == terms.count - 1
      guard
        let sum = list.append(
          Add(), [terms[0], term], as: isLast ? result : nil, in: &program)
      else { return false }
      terms[0] = sum
    }
    return true
  }

  private static func appendTransposed(
    _ node: Node, _ parts: [Value], _ list: inout NodeList, _ program: inout Program
  ) -> Bool {
    var terms: [Value] = []
    for part in parts {
      guard let term = list.append(node.op, [part, node.operands[1]], in: &program) else {
        return false
      }
      terms.append(term)
    }
    return list.append(Concatenate(axis: 0), terms, as: node.results[0], in: &program) != nil
  }

  /// Multiplies for one part of a product's columns only.
  private static func appendPart(
    of product: Node, taken: Node, _ form: LoopForm, _ list: inout NodeList,
    _ program: inout Program
  ) -> Bool {
    guard let part = taken.op as? ConcatenatedPart, let whole = Product(product, form, program),
      let context = program.loweringContext(of: taken), context.shape(0).count == 2,
      let region = try? part.region(in: context), region.sizes[0] == context.shape(0)[0],
      region.sizes[1] > 0
    else { return false }
    let bound = Slice.Bound(
      axis: whole.op.transposeB ? 0 : 1, begin: region.start[1],
      end: region.start[1] + region.sizes[1])
    guard let columns = list.append(Slice(bounds: [bound]), [whole.b], in: &program) else {
      return false
    }
    return list.append(
      MatMul(transposeA: false, transposeB: whole.op.transposeB), [whole.a, columns],
      as: taken.results[0], in: &program) != nil
  }
}
