import JacquardArrays

/// A loop of known length, cut into windows: a loop over windows of equally many iterations, each of which is a loop itself.
///
/// What is scanned and stacked is the same memory seen as `[windows, iterations, …]`; what is carried goes through both loops.
struct LoopWindows {
  /// How many windows there are.
  let count: Int
  /// The iterations of each.
  let length: Int
  /// The loop over windows; ``nodes`` give it its body.
  var outer: LoopForm
  /// The loop over the iterations of a window.
  private var inner: LoopForm
  /// What stands before the loop over windows, after it, and in its body after the loop over iterations.
  var before: NodeList
  var after: NodeList
  var tail: [Node] = []
  /// What a window holds of each stack.
  private(set) var parts: [Value: Value] = [:]

  private struct Slices {
    var array: Value
    var shape: [Int]
    var scan: LoopForm.Scan
  }

  private var slices: [Slices] = []

  /// - Parameter hidden: the stacks that only the loop over windows reads.
  init?(
    _ form: LoopForm, iterations: Int, length: Int, hiding hidden: Set<Value> = [],
    in program: inout Program
  ) {
    guard form.canBeCut(in: program) else { return nil }
    self.length = length
    count = iterations / length
    outer = LoopForm(iterations: count, like: form, in: &program)
    inner = LoopForm(iterations: length, like: form, in: &program)
    before = NodeList(origin: form.origin)
    after = NodeList(origin: form.origin)
    inner.nodes = form.nodes
    inner.liveRows = form.liveRows
    for carry in form.carries { cut(carry, &program) }
    for scan in form.scans {
      let axis = scan.specification.axis
      guard let shape = windowed(scan.array, axis: axis, program),
        let slice = slice(of: scan.array, as: shape, scan.specification, &program)
      else { return nil }
      inner.scans.append(
        LoopForm.Scan(specification: scan.specification, array: slice, slice: scan.slice))
    }
    if form.readsIteration {
      let numbers = outer.scanIterationNumbers(
        windows: count, length: length, reversed: false, &program)
      inner.scans.append(
        LoopForm.Scan(specification: ScanSpecification(), array: numbers, slice: form.iteration))
    }
    for invariant in form.invariants {
      inner.invariants.append(
        LoopForm.Invariant(
          outer: outer.invariant(for: invariant.outer, in: &program), inner: invariant.inner))
    }
    for stack in form.stacks {
      guard cut(stack, isHidden: hidden.contains(stack.result), &program) else { return nil }
    }
  }

  /// All of it.
  var nodes: [Node] {
    var outer = outer
    outer.nodes = [inner.node] + tail
    return before.nodes + [outer.node] + after.nodes
  }

  private mutating func cut(_ carry: LoopForm.Carry, _ program: inout Program) {
    let type = program.type(of: carry.parameter)
    let (parameter, next) = (program.addValue(type), program.addValue(type))
    outer.carries.append(
      LoopForm.Carry(
        initial: carry.initial, parameter: parameter, next: next, result: carry.result))
    inner.carries.append(
      LoopForm.Carry(
        initial: parameter, parameter: carry.parameter, next: carry.next, result: next))
  }

  private mutating func cut(
    _ stack: LoopForm.Stack, isHidden: Bool, _ program: inout Program
  ) -> Bool {
    let axis = stack.specification.axis
    let dtype = program.type(of: stack.result).dtype
    guard let shape = program.type(of: stack.result).shape.known,
      let whole = windowed(stack.result, axis: axis, program)
    else { return false }
    var piece = whole
    piece.remove(at: axis)
    let part = program.addValue(TensorType(dtype, PartialShape(known: piece)))
    inner.stacks.append(
      LoopForm.Stack(specification: stack.specification, slice: stack.slice, result: part))
    parts[stack.result] = part
    if isHidden { return true }
    let result = program.addValue(TensorType(dtype, PartialShape(known: whole)))
    outer.stacks.append(
      LoopForm.Stack(specification: stack.specification, slice: part, result: result))
    return after.append(Reshape(shape: shape), [result], as: stack.result, in: &program) != nil
  }

  /// The shape of an array with `axis` taken apart into windows and iterations.
  private func windowed(_ array: Value, axis: Int, _ program: Program) -> [Int]? {
    guard var shape = program.type(of: array).shape.known, axis < shape.count,
      shape[axis] == count * length
    else { return nil }
    shape.replaceSubrange(axis...axis, with: [count, length])
    return shape
  }

  /// What the body of the loop over windows sees of an outer array, of which each window has one slice once it has `shape`.
  mutating func slice(
    of array: Value, as shape: [Int], _ specification: ScanSpecification,
    _ program: inout Program
  ) -> Value? {
    let known = slices.first {
      $0.array == array && $0.shape == shape && $0.scan.specification == specification
    }
    if let known { return known.scan.slice }
    guard let view = before.append(Reshape(shape: shape), [array], in: &program) else { return nil }
    let slice = outer.scan(view, specification, &program)
    slices.append(
      Slices(
        array: array, shape: shape,
        scan: LoopForm.Scan(specification: specification, array: view, slice: slice)))
    return slice
  }
}

extension LoopForm {
  /// Whether the loop may become several: of iterations that are known, asked to be handled together, and cannot fail, since a failure
  /// would name the iteration of a part.
  func canBeCut(in program: Program) -> Bool {
    parallelIterations > 1 && fullTripCount(in: program) != nil
      && nodes.allSatisfy { program.canMove($0) || $0.op.effect == .random }
  }

  /// Whether anything in the body depends on the number of the iteration.
  var readsIteration: Bool {
    nodes.contains { $0.operands.contains(iteration) }
      || carries.contains { $0.next == iteration } || stacks.contains { $0.slice == iteration }
  }

  /// Scans the numbers of the iterations of each window; gives those of one.
  mutating func scanIterationNumbers(
    windows: Int, length: Int, reversed: Bool, _ program: inout Program
  ) -> Value {
    let numbers = NDArray((0..<Int64(windows * length)).map(\.self), shape: [windows, length])
    let array = program.addValue(TensorType(.int64, [windows, length]), constant: numbers)
    return scan(array, ScanSpecification(reversed: reversed), &program)
  }
}
