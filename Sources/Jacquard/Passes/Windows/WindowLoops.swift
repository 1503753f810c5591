import JacquardArrays

/// Cuts loops into windows whose stacks are then only multiplied and summed up.
///
/// A stack of all iterations that is written to memory to be read once, by the products that sum over it, is worth neither the memory
/// nor the time. In the loop over windows the products follow the iterations of each window, while those are still in the cache, and
/// add to sums that the loop carries.
struct WindowLoops: WindowPass {
  static let name = "window-loops"
  static let isExact = false
  static let contract =
    "A loop of known length whose large stacks only products and sums over all iterations read is a loop over windows of parallelIterations, which does them window by window; sums change their order."

  var limits = WindowLimits()

  /// Cuts the first loop that is worth it; false if there is none.
  func rewrite(_ block: inout Block, _ program: inout Program) -> Bool {
    var graph: BlockGraph?
    for position in block.nodes.indices {
      guard let form = LoopForm(block.nodes[position]), form.canBeCut(in: program),
        byteCount(form.stacks.map(\.result), program) >= limits.leastBytes
      else { continue }
      let known = graph ?? BlockGraph(block, program)
      graph = known
      let readers = StackReaders(form, at: position, in: block, known, program)
      guard let rewritten = windowed(form, readers, &program) else { continue }
      block.nodes.replaceSubrange(
        position..., with: rewritten + readers.rest(of: block, after: position))
      return true
    }
    return false
  }

  /// Whether `stacks` of a loop would be read window by window, if `after` is all that reads them.
  func cuts(_ form: LoopForm, _ stacks: [Value], readBy after: [Node], _ program: Program) -> Bool {
    guard form.canBeCut(in: program) else { return false }
    let block = Block(parameters: [], nodes: [form.node] + after, results: [])
    let readers = StackReaders(form, at: 0, in: block, BlockGraph(block, program), program)
    return stacks.allSatisfy(readers.stacks.contains) && length(form, readers, program) != nil
  }

  private func byteCount(_ values: [Value], _ program: Program) -> Int {
    values.reduce(0) { $0 + (program.type(of: $1).byteCount ?? 0) }
  }

  /// The loop and what reads its stacks, window by window; `nil` if that is not worth it.
  private func windowed(
    _ form: LoopForm, _ readers: StackReaders, _ program: inout Program
  ) -> [Node]? {
    guard let iterations = form.fullTripCount(in: program), !readers.stacks.isEmpty,
      byteCount(readers.stacks, program) >= limits.leastBytes,
      let length = length(form, readers, program),
      var windows = LoopWindows(
        form, iterations: iterations, length: length, hiding: Set(readers.stacks), in: &program)
    else { return nil }
    for reader in readers.readers {
      guard append(reader, to: &windows, &program) else { return nil }
    }
    return readers.hoisted + windows.nodes
  }

  /// The iterations of a window; `nil` if all of them are one, or windows would not be equally long.
  private func length(_ form: LoopForm, _ readers: StackReaders, _ program: Program) -> Int? {
    let rows = (limits.leastRows + readers.leastRows - 1) / readers.leastRows
    return form.fullTripCount(in: program).flatMap {
      limits.windowLength(of: $0, near: max(form.parallelIterations, rows))
    }
  }

  private func append(
    _ reader: StackReaders.Reader, to windows: inout LoopWindows, _ program: inout Program
  ) -> Bool {
    let node = reader.node
    var list = NodeList(origin: node.origin)
    let rows = reader.operands.map { operand -> Value? in
      guard let shape = program.type(of: operand.value).shape.known, let count = shape.first else {
        return nil
      }
      let part = [count / windows.count] + shape.dropFirst()
      switch operand.source {
      case .stack(let stack):
        return windows.parts[stack].flatMap {
          list.append(Reshape(shape: part), [$0], in: &program)
        }
      case .array:
        return windows.slice(
          of: operand.value, as: [windows.count] + part,
          ScanSpecification(reversed: reader.isReversed), &program)
      case .invariant:
        return windows.outer.invariant(for: operand.value, in: &program)
      }
    }
    let operands = rows.compactMap(\.self)
    guard operands.count == rows.count else { return false }
    let isDone: Bool
    if reader.isSum {
      isDone = appendSum(node, operands, &list, to: &windows, &program)
    } else {
      isDone = appendRows(
        node, operands, reversed: reader.isReversed, &list, to: &windows, &program)
    }
    windows.tail += list.nodes
    return isDone
  }

  /// Adds up what `node` makes of each window.
  private func appendSum(
    _ node: Node, _ operands: [Value], _ list: inout NodeList, to windows: inout LoopWindows,
    _ program: inout Program
  ) -> Bool {
    let type = program.type(of: node.results[0])
    guard let shape = type.shape.known else { return false }
    let zero = program.addValue(TensorType(type.dtype, .scalar), constant: .zeros(type.dtype, []))
    let parameter = program.addValue(type)
    var next: Value?
    if let op = node.op as? MatMul {
      next = list.append(
        AddedMatMul(transposeA: op.transposeA, transposeB: op.transposeB), operands + [parameter],
        in: &program)
    } else {
      let rank = program.type(of: operands[0]).shape.rank
      let sum = Sum(axes: [0], keepingDimensions: rank == shape.count)
      next = list.append(sum, operands, in: &program).flatMap {
        list.append(Add(), [parameter, $0], in: &program)
      }
    }
    guard let next,
      let initial = windows.before.append(BroadcastTo(shape: shape), [zero], in: &program)
    else { return false }
    windows.outer.carries.append(
      LoopForm.Carry(
        initial: initial, parameter: parameter, next: next, result: node.results[0]))
    return true
  }

  /// Stacks the rows that `node` makes of each window.
  private func appendRows(
    _ node: Node, _ operands: [Value], reversed: Bool, _ list: inout NodeList,
    to windows: inout LoopWindows, _ program: inout Program
  ) -> Bool {
    guard let rows = list.append(node.op, operands, in: &program),
      let part = program.type(of: rows).shape.known,
      let shape = program.type(of: node.results[0]).shape.known
    else { return false }
    let result = program.addValue(
      TensorType(program.type(of: rows).dtype, PartialShape(known: [windows.count] + part)))
    windows.outer.stacks.append(
      LoopForm.Stack(
        specification: ScanSpecification(reversed: reversed), slice: rows, result: result))
    return windows.after.append(
      Reshape(shape: shape), [result], as: node.results[0], in: &program) != nil
  }
}
