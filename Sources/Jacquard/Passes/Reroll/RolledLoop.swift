import JacquardArrays

/// A loop that takes the place of unrolled steps; what is asked of it later is added while nodes behind it are rewritten.
struct RolledLoop {
  private struct Carry {
    var slot: Int
    var result: Int
    /// `nil` for one that starts from zeros.
    var initial: Value?
    var parameter: Value
    var next: Value
    var final: Value
  }

  private struct Stack {
    var specification: ScanSpecification
    var slice: Value
    var result: Value
  }

  let steps: UnrolledSteps
  /// The node that the first step starts with, and the one that the last ends with.
  let nodes: ClosedRange<Int>
  /// The results of each slot in the body.
  let values: [[Value]]
  /// Whether it meets what it scans from the last slice to the first.
  let isReversed: Bool
  private(set) var carriesAnything = false
  private var carries: [Carry] = []
  private var scans: [(specification: ScanSpecification, array: Value, slice: Value)] = []
  private var invariants: [(outer: Value, inner: Value)] = []
  private var stacks: [Stack] = []
  private var body: [Node] = []
  private var sums: [UnrolledSteps.Link: Value] = [:]
  let origin: OperationID

  init(
    _ steps: UnrolledSteps, nodes: ClosedRange<Int>, values: [[Value]], isReversed: Bool,
    origin: OperationID
  ) {
    self.steps = steps
    self.nodes = nodes
    self.values = values
    self.isReversed = isReversed
    self.origin = origin
  }

  var count: Int { steps.count }

  mutating func append(_ node: Node) { body.append(node) }

  // MARK: What goes in

  /// The value of the body for one that is the same in every step.
  mutating func invariant(_ outer: Value, _ program: inout Program) -> Value {
    if program.constant(outer) != nil { return outer }
    if let known = invariants.first(where: { $0.outer == outer }) { return known.inner }
    let inner = program.addValue(program.type(of: outer))
    invariants.append((outer, inner))
    return inner
  }

  /// The value of the body for the slices of an array along its first axis or another.
  mutating func slice(
    of array: Value, along axis: Int, reversed: Bool, _ program: inout Program
  ) -> Value {
    let specification = ScanSpecification(axis: axis, reversed: reversed)
    if let known = scans.first(where: {
      $0.array == array && $0.specification == specification
    }) {
      return known.slice
    }
    let type = program.type(of: array)
    let slice = program.addValue(TensorType(type.dtype, type.shape.removing(axis: axis)))
    scans.append((specification, array, slice))
    return slice
  }

  /// The value of the body for what a slot gave in the step before, and `initial`, or zeros, in the first.
  mutating func previous(
    _ slot: Int, _ result: Int, initial: Value?, _ program: inout Program
  ) -> Value {
    carriesAnything = true
    return carry(slot, result, initial: initial, &program).parameter
  }

  private mutating func carry(
    _ slot: Int, _ result: Int, initial: Value?, _ program: inout Program
  ) -> Carry {
    if let known = carries.first(where: {
      guard $0.slot == slot, $0.result == result else { return false }
      guard let own = $0.initial, let initial else { return $0.initial == nil && initial == nil }
      return program.areSame(own, initial)
    }) {
      return known
    }
    let type = program.type(of: values[slot][result])
    let carry = Carry(
      slot: slot, result: result, initial: initial, parameter: program.addValue(type),
      next: values[slot][result], final: program.addValue(type))
    carries.append(carry)
    return carry
  }

  /// The same where no first value is asked for.
  mutating func previous(_ slot: Int, _ result: Int, _ program: inout Program) -> Value {
    if let known = carries.first(where: { $0.slot == slot && $0.result == result }) {
      return known.parameter
    }
    return previous(slot, result, initial: nil, &program)
  }

  // MARK: What comes out

  /// What a slot gives in all steps, along the first axis; the last step in front if the loop runs backwards.
  mutating func stack(_ slot: Int, _ result: Int, _ program: inout Program) -> Value {
    stack(values[slot][result], axis: 0, reversed: isReversed, &program)
  }

  mutating func stack(
    _ slot: Int, _ result: Int, axis: Int, reversed: Bool, _ program: inout Program
  ) -> Value {
    stack(values[slot][result], axis: axis, reversed: reversed, &program)
  }

  private mutating func stack(
    _ slice: Value, axis: Int, reversed: Bool, _ program: inout Program
  ) -> Value {
    let specification = ScanSpecification(axis: axis, reversed: reversed)
    if let known = stacks.first(where: {
      $0.slice == slice && $0.specification == specification
    }) {
      return known.result
    }
    let type = program.type(of: slice)
    var shape = type.shape.known ?? []
    shape.insert(count, at: axis)
    let result = program.addValue(TensorType(type.dtype, PartialShape(known: shape)))
    stacks.append(Stack(specification: specification, slice: slice, result: result))
    return result
  }

  /// What a slot gave in the step before each, with `initial` for the first; `nil` if the loop carries nothing like it.
  mutating func stackOfPrevious(
    _ slot: Int, _ result: Int, initial: Value?, _ program: inout Program
  ) -> Value? {
    let known = carries.first {
      guard $0.slot == slot, $0.result == result, let own = $0.initial else { return false }
      return initial.map { program.areSame(own, $0) } ?? true
    }
    guard let known else { return nil }
    return stack(known.parameter, axis: 0, reversed: isReversed, &program)
  }

  /// What a slot gives in the last step.
  mutating func final(_ slot: Int, _ result: Int, _ program: inout Program) -> Value {
    if let known = carries.first(where: { $0.slot == slot && $0.result == result }) {
      return known.final
    }
    return carry(slot, result, initial: nil, &program).final
  }

  /// The sum over all steps of what a slot gives.
  mutating func sum(_ slot: Int, _ result: Int, _ program: inout Program) -> Value {
    let key = UnrolledSteps.Link(slot: slot, result: result, lag: 0)
    if let known = sums[key] { return known }
    let type = program.type(of: values[slot][result])
    let (parameter, next) = (program.addValue(type), program.addValue(type))
    body.append(
      Node(
        op: Add(), operands: [parameter, values[slot][result]], results: [next], origin: origin))
    let carry = Carry(
      slot: -1, result: 0, initial: nil, parameter: parameter, next: next,
      final: program.addValue(type))
    carries.append(carry)
    sums[key] = carry.final
    return carry.final
  }

  // MARK: The node

  /// What it uses from outside.
  var outerOperands: [Value] {
    carries.compactMap(\.initial) + scans.map(\.array) + invariants.map(\.outer)
  }

  /// Uses another value from outside.
  mutating func replaceOperand(_ old: Value, with new: Value) {
    for index in carries.indices where carries[index].initial == old {
      carries[index].initial = new
    }
    for index in scans.indices where scans[index].array == old { scans[index].array = new }
    for index in invariants.indices where invariants[index].outer == old {
      invariants[index].outer = new
    }
  }

  /// The loop, with what stands before it.
  func assembled(_ program: inout Program) -> [Node] {
    var list = NodeList(origin: origin)
    let initials = carries.map { carry in
      carry.initial ?? list.zeros(program.type(of: carry.parameter), in: &program)
    }
    let op = While(
      carriedCount: carries.count, scans: scans.map(\.specification),
      invariantCount: invariants.count, stacks: stacks.map(\.specification), hasCondition: false,
      hasBound: false, maximumIterations: scans.isEmpty ? count : nil, parallelIterations: 32,
      swapMemory: false)
    let counter = TensorType(.int64, .scalar)
    let block = Block(
      parameters: [program.addValue(counter)] + carries.map(\.parameter) + scans.map(\.slice)
        + invariants.map(\.inner),
      nodes: body, results: carries.map(\.next) + stacks.map(\.slice))
    let node = Node(
      op: op, operands: initials + scans.map(\.array) + invariants.map(\.outer),
      results: carries.map(\.final) + stacks.map(\.result) + [program.addValue(counter)],
      regions: [block], origin: origin)
    return list.nodes + [node]
  }
}

extension NodeList {
  /// Zeros: a constant if there are few.
  mutating func zeros(_ type: TensorType, in program: inout Program) -> Value {
    let shape = type.shape.known ?? []
    let isSmall = shape.reduce(1, *) <= 4096
    let constant = NDArray.zeros(type.dtype, isSmall ? shape : [])
    let value = program.addValue(TensorType(of: constant), constant: constant)
    if isSmall { return value }
    return append(BroadcastTo(shape: shape), [value], in: &program) ?? value
  }
}
