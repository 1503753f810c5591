import JacquardArrays

/// A loop taken apart, for passes that add to it or move work out of it.
struct LoopForm {
  /// A value handed from one iteration to the next.
  struct Carry {
    var initial: Value
    var parameter: Value
    /// The parameter of the condition, if there is one.
    var conditionParameter: Value?
    var next: Value
    var result: Value
  }

  /// An array read slice by slice.
  struct Scan {
    var specification: ScanSpecification
    var array: Value
    var slice: Value
  }

  /// A value that is the same in every iteration.
  struct Invariant {
    var outer: Value
    var inner: Value
    /// The parameter of the condition, if there is one.
    var conditionParameter: Value?
  }

  /// An array written slice by slice.
  struct Stack {
    var specification: ScanSpecification
    var slice: Value
    var result: Value
  }

  private var op: While
  var carries: [Carry]
  var scans: [Scan]
  var invariants: [Invariant]
  var stacks: [Stack]
  let iteration: Value
  /// The slice that says how many rows are live, if there is one.
  var liveRows: Value?
  let bound: Value?
  let tripCountResult: Value
  /// The nodes of the body.
  var nodes: [Node]
  var condition: Block?
  let origin: OperationID

  /// The parts of `node`; `nil` unless it is a loop.
  init?(_ node: Node) {
    guard let loop = node.op as? While, let body = node.regions.last else { return nil }
    op = loop
    origin = node.origin
    let condition = loop.hasCondition ? node.regions[0] : nil
    self.condition = condition
    let firstSlice = 1 + loop.carriedCount
    let firstInvariant = firstSlice + loop.scans.count
    carries = (0..<loop.carriedCount).map {
      Carry(
        initial: node.operands[$0], parameter: body.parameters[1 + $0],
        conditionParameter: condition?.parameters[1 + $0], next: body.results[$0],
        result: node.results[$0])
    }
    scans = loop.scans.indices.map {
      Scan(
        specification: loop.scans[$0], array: node.operands[loop.carriedCount + $0],
        slice: body.parameters[firstSlice + $0])
    }
    invariants = (0..<loop.invariantCount).map {
      Invariant(
        outer: node.operands[loop.invariantRange.lowerBound + $0],
        inner: body.parameters[firstInvariant + $0],
        conditionParameter: condition?.parameters[firstSlice + $0])
    }
    stacks = loop.stacks.indices.map {
      Stack(
        specification: loop.stacks[$0], slice: body.results[loop.carriedCount + $0],
        result: node.results[loop.carriedCount + $0])
    }
    iteration = body.parameters[0]
    liveRows = loop.liveRows.map { body.parameters[firstSlice + $0] }
    bound = loop.hasBound ? node.operands.last : nil
    tripCountResult = node.results[loop.tripCountIndex]
    nodes = body.nodes
  }

  /// An empty loop of so many iterations.
  init(
    iterations: Int, origin: OperationID, parallelIterations: Int = 32, swapMemory: Bool = false,
    in program: inout Program
  ) {
    op = While(
      carriedCount: 0, scans: [], invariantCount: 0, stacks: [], hasCondition: false,
      hasBound: false, maximumIterations: iterations, parallelIterations: parallelIterations,
      swapMemory: swapMemory)
    (carries, scans, invariants, stacks, nodes) = ([], [], [], [], [])
    iteration = program.addValue(TensorType(.int64, .scalar))
    bound = nil
    tripCountResult = program.addValue(TensorType(.int64, .scalar))
    condition = nil
    self.origin = origin
  }

  /// An empty loop of so many iterations, for the same operation as another.
  init(iterations: Int, like form: LoopForm, in program: inout Program) {
    self.init(
      iterations: iterations, origin: form.origin, parallelIterations: form.parallelIterations,
      swapMemory: form.op.swapMemory, in: &program)
  }

  /// The loop as a node.
  var node: Node {
    var op = op
    op.carriedCount = carries.count
    op.scans = scans.map(\.specification)
    op.invariantCount = invariants.count
    op.stacks = stacks.map(\.specification)
    op.liveRows = liveRows.flatMap { slice in scans.firstIndex { $0.slice == slice } }
    let body = Block(
      parameters: [iteration] + carries.map(\.parameter) + scans.map(\.slice)
        + invariants.map(\.inner),
      nodes: nodes, results: carries.map(\.next) + stacks.map(\.slice))
    var regions = [body]
    if var condition {
      condition.parameters =
        [condition.parameters[0]] + carries.compactMap(\.conditionParameter)
        + invariants.compactMap(\.conditionParameter)
      regions.insert(condition, at: 0)
    }
    return Node(
      op: op,
      operands: carries.map(\.initial) + scans.map(\.array) + invariants.map(\.outer)
        + [bound].compactMap(\.self),
      results: carries.map(\.result) + stacks.map(\.result) + [tripCountResult], regions: regions,
      origin: origin)
  }

  var hasCondition: Bool { op.hasCondition }
  var parallelIterations: Int { op.parallelIterations }
  var maximumIterations: Int? {
    get { op.maximumIterations }
    set { op.maximumIterations = newValue }
  }

  /// The number of iterations where it is known, and every slice of every scanned array is read.
  func fullTripCount(in program: Program) -> Int? {
    guard !op.hasCondition, !op.hasBound, let first = scans.first,
      let count = program.type(of: first.array).shape[first.specification.axis],
      scans.allSatisfy({ program.type(of: $0.array).shape[$0.specification.axis] == count }),
      (op.maximumIterations ?? count) >= count
    else { return nil }
    return count
  }

  /// The value of the body that stands for an outer one.
  mutating func invariant(for outer: Value, in program: inout Program) -> Value {
    if program.constant(outer) != nil { return outer }
    if let known = invariants.first(where: { $0.outer == outer }) { return known.inner }
    let inner = program.addValue(program.type(of: outer))
    addInvariant(outer, as: inner, in: &program)
    return inner
  }

  /// Has a value of the body stand for an outer one.
  mutating func addInvariant(_ outer: Value, as inner: Value, in program: inout Program) {
    let conditionParameter =
      op.hasCondition ? program.addValue(program.type(of: outer)) : nil
    invariants.append(
      Invariant(outer: outer, inner: inner, conditionParameter: conditionParameter))
  }

  /// The value of the body for the slices of an array.
  mutating func scan(
    _ array: Value, _ specification: ScanSpecification, _ program: inout Program
  ) -> Value {
    let known = scans.first { $0.array == array && $0.specification == specification }
    if let known { return known.slice }
    let type = program.type(of: array)
    let slice = program.addValue(
      TensorType(type.dtype, type.shape.removing(axis: specification.axis)))
    scans.append(Scan(specification: specification, array: array, slice: slice))
    return slice
  }

  /// The array of what a value of the body is in all iterations, of which there are `count`.
  mutating func stack(
    _ slice: Value, _ specification: ScanSpecification = ScanSpecification(), count: Int,
    _ program: inout Program
  ) -> Value {
    let known = stacks.first { $0.slice == slice && $0.specification == specification }
    if let known { return known.result }
    let type = program.type(of: slice)
    var dimensions = type.shape.dimensions ?? []
    dimensions.insert(count, at: specification.axis)
    let result = program.addValue(TensorType(type.dtype, PartialShape(dimensions)))
    stacks.append(Stack(specification: specification, slice: slice, result: result))
    return result
  }

  /// How often nodes of the body read the elements of each value.
  var readCounts: [Value: Int] {
    var counts: [Value: Int] = [:]
    for node in nodes {
      for (index, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: index) {
        counts[operand, default: 0] += 1
      }
    }
    return counts
  }

  /// The outer value that a value of the body stands for, if it is the same in every iteration.
  func outerValue(of value: Value, in program: Program) -> Value? {
    if program.constant(value) != nil { return value }
    return invariants.first { $0.inner == value }?.outer
  }
}

/// Nodes under construction.
struct NodeList {
  var nodes: [Node] = []
  let origin: OperationID

  init(origin: OperationID) { self.origin = origin }

  /// Appends a node of one result, and gives the result.
  mutating func append(
    _ op: any Op, _ operands: [Value], as result: Value? = nil, in program: inout Program
  ) -> Value? {
    let input = TypeRuleInput(
      operands.map { program.type(of: $0) }, constants: operands.map { program.constant($0) })
    guard let type = try? op.resultTypes(input).first, type.shape.known != nil else { return nil }
    let value = result ?? program.addValue(type)
    nodes.append(Node(op: op, operands: operands, results: [value], origin: origin))
    return value
  }

  /// A scanned array with the axis it is scanned along in front, transposed if it is another.
  mutating func timeMajor(_ scan: LoopForm.Scan, in program: inout Program) -> Value? {
    let axis = scan.specification.axis
    if axis == 0 { return scan.array }
    guard let rank = program.type(of: scan.array).shape.rank else { return nil }
    let permutation = [axis] + (0..<rank).filter { $0 != axis }
    return append(Transpose(permutation: permutation), [scan.array], in: &program)
  }
}

extension Program {
  /// Rewrites each loop, innermost first: `change` may return nodes to put before and after it.
  mutating func rewriteLoops(
    _ change: (inout LoopForm, inout Program) -> (before: [Node], after: [Node])
  ) {
    rewriteBlocks { block, program in
      guard block.hasRegions else { return }
      var rewritten: [Node] = []
      rewritten.reserveCapacity(block.nodes.count)
      for node in block.nodes {
        guard var form = LoopForm(node) else {
          rewritten.append(node)
          continue
        }
        let moved = change(&form, &program)
        rewritten += moved.before + [form.node] + moved.after
      }
      block.nodes = rewritten
    }
  }

  /// Whether a node may run earlier, later, or though nobody asked for it: it has no effects and cannot fail.
  func canMove(_ node: Node) -> Bool {
    guard node.op.effect == .none, node.regions.isEmpty else { return false }
    switch node.op {
    case let op as any ElementwiseOp:
      return !op.canFail(node.operands.map { type(of: $0).dtype })
    case is MatMul, is AddedMatMul, is PackMatrix, is Transpose, is Reverse, is Split,
      is Concatenate, is Stack, is Unstack, is BroadcastLike, is BroadcastTo, is FillLike,
      is any SlicingOp, is any AxisReduction, is SumToShape, is AddN, is FusedElementwise,
      is ArrangedConcatenate:
      return true
    default: return node.isReshape
    }
  }
}
