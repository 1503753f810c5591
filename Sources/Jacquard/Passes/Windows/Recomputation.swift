import JacquardArrays

/// Two loops of which the second computes again what the first no longer stacks.
struct Recomputation {
  private let earlier: LoopForm
  private var later: LoopForm
  private let residuals: Residuals
  private let iterations: Int
  private let windows: Int
  /// What stands before the later loop.
  private var before: NodeList
  /// For values of the earlier body those of the repeated one.
  private var copies: [Value: Value] = [:]

  private var length: Int { iterations / windows }

  init(
    _ earlier: LoopForm, _ later: LoopForm, _ residuals: Residuals, iterations: Int, windows: Int
  ) {
    self.earlier = earlier
    self.later = later
    self.residuals = residuals
    self.iterations = iterations
    self.windows = windows
    before = NodeList(origin: later.origin)
  }

  /// What stands in place of both loops.
  mutating func run(_ program: inout Program) -> (first: [Node], second: [Node])? {
    let needs = needs(program)
    var repeated = LoopForm(iterations: length, like: earlier, in: &program)
    guard let first = keepStates(needs, &repeated, &program),
      scan(needs, &repeated, &program)
    else { return nil }
    for invariant in earlier.invariants where needs.contains(invariant.inner) {
      let inside = later.invariant(for: invariant.outer, in: &program)
      copies[invariant.inner] = repeated.invariant(for: inside, in: &program)
    }
    for node in earlier.nodes
    where node.results.contains(where: { needs.contains($0) && copies[$0] == nil }) {
      let results = node.results.map { program.addValue(program.type(of: $0)) }
      repeated.nodes.append(
        Node(
          op: node.op, operands: node.operands.map { copies[$0] ?? $0 }, results: results,
          origin: node.origin))
      for (old, new) in zip(node.results, results) where copies[old] == nil { copies[old] = new }
    }
    repeated.liveRows = earlier.liveRows.flatMap { copies[$0] }
    for (index, carry) in repeated.carries.enumerated() {
      repeated.carries[index].next = copies[carry.next] ?? carry.next
    }
    guard let views = stack(&repeated, &program) else { return nil }
    later.nodes = [repeated.node] + views + later.nodes
    return (first, before.nodes + [later.node])
  }

  /// The values of the earlier body that the repeated one needs.
  private func needs(_ program: Program) -> Set<Value> {
    var producer: [Value: Node] = [:]
    for node in earlier.nodes { for result in node.results { producer[result] = node } }
    var needs: Set<Value> = []
    var open = residuals.dropped.sorted() + [earlier.liveRows].compactMap(\.self)
    while let value = open.popLast() {
      guard program.constant(value) == nil, needs.insert(value).inserted,
        residuals.kept[value] == nil
      else { continue }
      if let node = producer[value] {
        for (index, operand) in node.operands.enumerated()
        where node.op.usesElements(ofOperand: index) { open.append(operand) }
      } else if let carry = earlier.carries.first(where: { $0.parameter == value }) {
        open.append(carry.next)
      }
    }
    return needs
  }

  /// The earlier loop without what is dropped, in windows if states have to be kept at the start of each.
  private mutating func keepStates(
    _ needs: Set<Value>, _ repeated: inout LoopForm, _ program: inout Program
  ) -> [Node]? {
    var form = earlier
    form.stacks.removeAll { stack in
      residuals.residuals.contains {
        $0.stack.result == stack.result && residuals.dropped.contains(stack.slice)
      }
    }
    let carries = form.carries.indices.filter {
      needs.contains(form.carries[$0].parameter)
        && residuals.kept[form.carries[$0].parameter] == nil
    }
    guard !carries.isEmpty else { return [form.node] }
    guard
      var cut = LoopWindows(form, iterations: iterations, length: length, in: &program)
    else { return nil }
    for index in carries {
      let carry = form.carries[index]
      let type = program.type(of: carry.parameter)
      let starts = cut.outer.stack(
        cut.outer.carries[index].parameter, count: windows, &program)
      let parameter = program.addValue(type)
      repeated.carries.append(
        LoopForm.Carry(
          initial: later.scan(
            starts, ScanSpecification(reversed: residuals.isReversed), &program),
          parameter: parameter, next: carry.next, result: program.addValue(type)))
      copies[carry.parameter] = parameter
    }
    return cut.nodes
  }

  /// Has the repeated loop scan what is kept, and the iteration's number if it matters.
  private mutating func scan(
    _ needs: Set<Value>, _ repeated: inout LoopForm, _ program: inout Program
  ) -> Bool {
    for value in needs.sorted() where copies[value] == nil {
      if let stack = residuals.kept[value] {
        guard let part = part(of: stack.result, stack.specification, &program) else { return false }
        copies[value] = repeated.scan(part, stack.specification, &program)
      } else if let scan = residuals.scan(of: value) {
        guard let part = part(of: scan.array, scan.specification, &program) else { return false }
        copies[value] = repeated.scan(part, scan.specification, &program)
      } else if value == earlier.iteration {
        let numbers = later.scanIterationNumbers(
          windows: windows, length: length, reversed: residuals.isReversed, &program)
        copies[value] = repeated.scan(numbers, ScanSpecification(), &program)
      }
    }
    return true
  }

  /// What a window of the later loop sees of an array of the earlier one's iterations.
  private mutating func part(
    of array: Value, _ specification: ScanSpecification, _ program: inout Program
  ) -> Value? {
    guard let shape = program.type(of: array).shape.known,
      let view = before.append(
        Reshape(shape: [windows, length] + shape.dropFirst()), [array], in: &program)
    else { return nil }
    let isReversed = specification.reversed != residuals.isReversed
    return later.scan(view, ScanSpecification(reversed: isReversed), &program)
  }

  /// Stacks for the window what the later loop scanned; gives the views in which it wants it.
  private mutating func stack(
    _ repeated: inout LoopForm, _ program: inout Program
  ) -> [Node]? {
    var views = NodeList(origin: later.origin)
    for residual in residuals.residuals where residuals.dropped.contains(residual.stack.slice) {
      guard let slice = copies[residual.stack.slice] else { return nil }
      let result = repeated.stack(
        slice, ScanSpecification(reversed: residual.stack.specification.reversed), count: length,
        &program)
      for scan in residual.scans {
        guard let shape = program.type(of: scan.slice).shape.known,
          views.append(Reshape(shape: shape), [result], as: scan.slice, in: &program) != nil
        else { return nil }
        later.scans.removeAll { $0.slice == scan.slice }
      }
    }
    return views.nodes
  }
}
