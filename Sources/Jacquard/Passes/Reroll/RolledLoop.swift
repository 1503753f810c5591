import JacquardArrays

/// A loop that takes the place of unrolled steps; what is asked of it later is added while nodes behind it are rewritten.
struct RolledLoop {
  /// The node that the first step starts with, and the one that the last ends with.
  let nodes: ClosedRange<Int>
  /// How many steps there are.
  let count: Int
  /// Whether it meets what it scans from the last slice to the first.
  let isReversed: Bool
  var form: LoopForm
  /// The zeros that carried values start from, by type, and what computes them.
  private var zeros: [TensorType: Value] = [:]
  private var preparation: NodeList
  /// The sums over all steps of values of the body.
  private var sums: [Value: Value] = [:]

  init(
    count: Int, nodes: ClosedRange<Int>, isReversed: Bool, origin: OperationID,
    _ program: inout Program
  ) {
    self.nodes = nodes
    self.count = count
    self.isReversed = isReversed
    form = LoopForm(iterations: count, origin: origin, in: &program)
    preparation = NodeList(origin: origin)
  }

  // MARK: What goes in

  /// The value of the body for what `value` was in the step before, and `initial`, or zeros, in the first.
  mutating func previous(
    _ value: Value, initial: Value?, _ program: inout Program
  ) -> Value {
    let initial = initial ?? zeros(program.type(of: value), &program)
    let known = form.carries.first {
      $0.next == value && program.areSame($0.initial, initial)
    }
    return (known ?? addCarry(next: value, initial: initial, &program)).parameter
  }

  /// The same where anything will do in the first step.
  mutating func previous(_ value: Value, _ program: inout Program) -> Value {
    carry(next: value)?.parameter ?? previous(value, initial: nil, &program)
  }

  private func carry(next value: Value) -> LoopForm.Carry? {
    form.carries.first { $0.next == value }
  }

  private mutating func addCarry(
    next: Value, initial: Value, _ program: inout Program
  ) -> LoopForm.Carry {
    let type = program.type(of: next)
    let carry = LoopForm.Carry(
      initial: initial, parameter: program.addValue(type), next: next,
      result: program.addValue(type))
    form.carries.append(carry)
    return carry
  }

  private mutating func zeros(_ type: TensorType, _ program: inout Program) -> Value {
    if let known = zeros[type] { return known }
    let value = preparation.zeros(type, in: &program)
    zeros[type] = value
    return value
  }

  // MARK: What comes out

  /// What a value of the body is in all steps, along the first axis; the last step in front if the loop runs backwards.
  mutating func stack(_ value: Value, _ program: inout Program) -> Value {
    stack(value, axis: 0, reversed: isReversed, &program)
  }

  mutating func stack(
    _ value: Value, axis: Int, reversed: Bool, _ program: inout Program
  ) -> Value {
    form.stack(value, ScanSpecification(axis: axis, reversed: reversed), count: count, &program)
  }

  /// What a value was in the step before each, with `initial`, if it matters, for the first; `nil` if the loop carries nothing like it.
  mutating func stackOfPrevious(
    _ value: Value, initial: Value?, _ program: inout Program
  ) -> Value? {
    let known = form.carries.first { carry in
      carry.next == value && (initial.map { program.areSame(carry.initial, $0) } ?? true)
    }
    return known.map { stack($0.parameter, &program) }
  }

  /// What a value is in the last step.
  mutating func final(_ value: Value, _ program: inout Program) -> Value {
    if let known = carry(next: value) { return known.result }
    let initial = zeros(program.type(of: value), &program)
    return addCarry(next: value, initial: initial, &program).result
  }

  /// The sum of a value over all steps.
  mutating func sum(_ value: Value, _ program: inout Program) -> Value {
    if let known = sums[value] { return known }
    let type = program.type(of: value)
    let carry = addCarry(
      next: program.addValue(type), initial: zeros(type, &program), &program)
    form.nodes.append(
      Node(
        op: Add(), operands: [carry.parameter, value], results: [carry.next], origin: form.origin))
    sums[value] = carry.result
    return carry.result
  }

  /// The loop, with what stands before it.
  var assembled: [Node] {
    var form = form
    if !form.scans.isEmpty { form.maximumIterations = nil }
    return preparation.nodes + [form.node]
  }
}

extension NodeList {
  /// Zeros: a constant if there are few.
  fileprivate mutating func zeros(_ type: TensorType, in program: inout Program) -> Value {
    let shape = type.shape.known ?? []
    let isSmall = shape.reduce(1, *) <= 4096
    let constant = NDArray.zeros(type.dtype, isSmall ? shape : [])
    let value = program.addValue(TensorType(of: constant), constant: constant)
    if isSmall { return value }
    return append(BroadcastTo(shape: shape), [value], in: &program) ?? value
  }
}
