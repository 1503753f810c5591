/// Keeps the parts of a joined matrix in place of the whole, where a later loop reads it slice by slice.
struct SplitResiduals: Pass {
  static let name = "split-residuals"
  static let contract =
    "A loop that scans what another stacked as concat(a, b) scans a and b and joins them itself; bits stay the same."

  func run(_ program: inout Program) {
    program.rewriteBlocks(split)
  }

  private func split(_ block: inout Block, _ program: inout Program) {
    guard block.hasRegions else { return }
    /// The joined arrays, and the parts that make them up, all `[iterations, …]`.
    var parts: [Value: Joined] = [:]
    var nodes: [Node] = []
    for node in block.nodes {
      guard var form = LoopForm(node) else {
        nodes.append(node)
        continue
      }
      joinSlices(&form, parts, &program)
      var before = NodeList(origin: form.origin)
      for (whole, joined) in stackParts(&form, &before, &program) { parts[whole] = joined }
      nodes += before.nodes + [form.node]
    }
    block.nodes = nodes
  }

  private struct Joined {
    var axis: Int
    var parts: [Value]
  }

  /// Stacks what is joined beside the joint, which nobody may need any more.
  private func stackParts(
    _ form: inout LoopForm, _ before: inout NodeList, _ program: inout Program
  ) -> [(Value, Joined)] {
    guard let iterations = form.fullTripCount(in: program) else { return [] }
    var found: [(Value, Joined)] = []
    for stack in form.stacks where stack.specification == ScanSpecification() {
      guard let node = form.nodes.first(where: { $0.results == [stack.slice] }),
        let op = node.op as? Concatenate, node.operands.count > 1,
        let axis = program.type(of: stack.slice).shape.normalized(axis: op.axis),
        node.operands.allSatisfy({ program.constant($0) == nil })
      else { continue }
      var arrays: [Value] = []
      for operand in node.operands {
        if let scan = form.scans.first(where: {
          $0.slice == operand && !$0.specification.reversed
        }) {
          let array = before.timeMajor(scan, in: &program)
          arrays += [array].compactMap(\.self)
          continue
        }
        guard program.type(of: operand).shape.isKnown else { continue }
        arrays.append(form.stack(operand, count: iterations, &program))
      }
      guard arrays.count == node.operands.count else { continue }
      found.append((stack.result, Joined(axis: axis, parts: arrays)))
    }
    return found
  }

  private func joinSlices(
    _ form: inout LoopForm, _ parts: [Value: Joined], _ program: inout Program
  ) {
    for index in form.scans.indices.reversed() {
      let scan = form.scans[index]
      guard scan.specification.axis == 0, let joined = parts[scan.array] else { continue }
      let slices = joined.parts.map { form.scan($0, scan.specification, &program) }
      form.nodes.insert(
        Node(
          op: Concatenate(axis: joined.axis), operands: slices, results: [scan.slice],
          origin: form.origin), at: 0)
      form.scans.remove(at: index)
    }
  }
}
