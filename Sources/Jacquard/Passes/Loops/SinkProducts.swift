import CVectorKernels

/// Multiplies slice by slice inside a loop what is so narrow before the product that reading the product costs more than making it.
///
/// `[iterations · rows, inner]·[inner, columns]` with few inner columns is bound by writing the result to memory and reading it again.
/// In the loop it stays in the cache, and takes the packed product that the recurrence takes too.
struct SinkProducts: Pass {
  static let name = "sink-products"
  static let isExact = false
  static let contract =
    "A product that only a loop scans, at least twice as wide as what is multiplied, is made slice by slice in the loop; sums may change their order."

  /// Fewer rows than this at a time do not keep the packed product busy.
  private static let leastRows = 8

  func run(_ program: inout Program) {
    guard jq_is_optimized() != 0 else { return }
    program.rewriteBlocks(sink)
  }

  private func sink(_ block: inout Block, _ program: inout Program) {
    guard block.hasRegions else { return }
    var producer: [Value: Node] = [:]
    var readers: [Value: Int] = [:]
    for result in block.results { readers[result, default: 0] += 1 }
    for node in block.nodes {
      for result in node.results { producer[result] = node }
      for operand in node.operands { readers[operand, default: 0] += 1 }
    }
    var nodes: [Node] = []
    for node in block.nodes {
      guard var form = LoopForm(node), let iterations = form.fullTripCount(in: program) else {
        nodes.append(node)
        continue
      }
      var before = NodeList(origin: form.origin)
      for index in form.scans.indices where form.scans[index].specification.axis == 0 {
        guard
          let product = product(form.scans[index].array, producer, readers),
          let op = product.op as? MatMul,
          let rows = narrowRows(product, op, of: form.scans[index], iterations, &before, &program)
        else { continue }
        let matrix = form.invariant(for: product.operands[1], in: &program)
        let type = program.type(of: rows)
        let slice = program.addValue(TensorType(type.dtype, type.shape.removing(axis: 0)))
        form.nodes.insert(
          Node(
            op: op, operands: [slice, matrix], results: [form.scans[index].slice],
            origin: product.origin), at: 0)
        form.scans[index].array = rows
        form.scans[index].slice = slice
      }
      nodes += before.nodes + [form.node]
    }
    block.nodes = nodes
  }

  /// The product that `array` shows, if nothing else reads it.
  private func product(
    _ array: Value, _ producer: [Value: Node], _ readers: [Value: Int]
  ) -> Node? {
    var value = array
    while readers[value] == 1, let node = producer[value] {
      if node.op is MatMul { return node }
      guard node.op is Reshape else { return nil }
      value = node.operands[0]
    }
    return nil
  }

  /// The left operand slice by slice, `[iterations, rows, inner]`, if it is narrow and the slices have rows enough.
  private func narrowRows(
    _ product: Node, _ op: MatMul, of scan: LoopForm.Scan, _ iterations: Int,
    _ before: inout NodeList, _ program: inout Program
  ) -> Value? {
    guard !op.transposeA, let shape = program.type(of: scan.array).shape.known, shape.count == 3,
      shape[1] >= Self.leastRows, program.type(of: scan.array).dtype.isFloatingPoint,
      let left = program.type(of: product.operands[0]).shape.known, let inner = left.last,
      program.type(of: product.operands[1]).shape.rank == 2, inner > 0,
      left.dropLast().reduce(1, *) == shape[0] * shape[1], 2 * inner <= shape[2]
    else { return nil }
    return before.append(
      Reshape(shape: [iterations, shape[1], inner]), [product.operands[0]], in: &program)
  }
}
