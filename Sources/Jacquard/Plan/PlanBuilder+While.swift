import JacquardArrays

extension PlanBuilder {
  mutating func lowerLoop(_ op: While, _ node: Node, depth: Int) throws -> LoopStep {
    let header = rows.count
    appendRow(.loop, node, depth: depth)
    rows[header].tripCount = staticTripCount(op, node)
    var loop = LoopDraft(op, node, begin: tick(), tripCount: rows[header].tripCount)
    try boundsExist(loop)
    survey(loop.body)
    try allocateStacks(&loop)
    chooseTransfers(&loop)
    try bindParameters(&loop)
    if op.hasCondition {
      let row = appendHeader(.condition, name: "while", node, depth: depth + 1)
      survey(node.regions[0])
      loop.conditionSteps = try lower(node.regions[0], depth: depth + 2)
      touch(node.regions[0].results[0], at: tick())
      closeHeader(row)
    }
    let row = appendHeader(.body, name: "do", node, depth: depth + 1)
    let firstBlock = blocks.count
    let nodeSteps = try lowerNodes(loop.body, depth: depth + 2)
    let bodySteps = nodeSteps.compactMap(\.self)
    let bodyEnd = tick()
    for result in loop.body.results { touch(result, at: bodyEnd) }
    closeHeader(row)
    markInPlaceCarries(loop, below: row)

    loop.end = tick()
    for value in node.operands + node.results { touch(value, at: loop.end) }
    for block in loop.blocks { extend(block, to: loop.end) }
    try allocate(node.results[op.tripCountIndex], of: node, at: loop.end)
    let carries = try (0..<op.carriedCount).map { try carry($0, of: &loop) }
    let rows = rowSchedule(of: loop, nodeSteps)
    self.rows[header].dividesRows = rows != nil
    if let rows {
      // Threads are in different iterations, so nothing in the body may lie where something else lay before.
      for block in firstBlock..<blocks.count { spread(block, from: loop.begin, to: loop.end) }
      layout.rowShareCount = max(layout.rowShareCount, rows.shares(threads: options.threads))
    }
    let step = LoopStep(
      bounds: LoopStep.Bounds(
        maximumIterations: op.maximumIterations,
        bound: op.hasBound ? slot(of: node.operands[op.operandCount - 1]) : -1,
        condition: op.hasCondition ? slot(of: node.regions[0].results[0]) : -1),
      iterationBlock: loop.iterationBlock,
      iterationSlot: self[loop.body.parameters[0]].slot,
      tripCount: self[node.results[op.tripCountIndex]].slot,
      location: KernelLocation(operation: node.origin.rawValue), carries: carries,
      scans: op.scans.indices.map { scan($0, of: loop) },
      stacks: op.stacks.indices.map { stack($0, of: loop) },
      condition: loop.conditionSteps, body: bodySteps, rows: rows, row: header)
    closeHeader(header, results: node.results)
    return step
  }

  private func boundsExist(_ loop: LoopDraft) throws {
    let op = loop.op
    guard op.hasCondition || op.hasBound || !op.scans.isEmpty || op.maximumIterations != nil else {
      throw PlanError.cannotLower(
        reason: "nothing ends the loop; give it a condition, a bound or something to scan",
        op: While.name, operation: loop.node.origin)
    }
  }

  /// The number of iterations, if it does not depend on data.
  private func staticTripCount(_ op: While, _ node: Node) -> Int? {
    guard !op.hasCondition else { return nil }
    var count = op.maximumIterations
    for (scan, operand) in zip(op.scans, node.operands[op.scanRange]) {
      guard let length = program.type(of: operand).shape[scan.axis] else { return nil }
      count = min(count ?? length, length)
    }
    guard op.hasBound else { return count }
    guard let bound = node.operands.last.flatMap({ program.constant($0) }) else { return nil }
    let limit = max(0, Int(bound.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }))
    return min(count ?? limit, limit)
  }

  // MARK: Memory

  /// Gives stacked results their memory, and the body a way to write into it.
  private mutating func allocateStacks(_ loop: inout LoopDraft) throws {
    for (index, specification) in loop.op.stacks.enumerated() {
      let result = loop.node.results[loop.op.carriedCount + index]
      let slice = loop.body.results[loop.op.carriedCount + index]
      _ = try byteCount(of: slice, of: loop.node)
      loop.stackLayouts.append(
        sliceLayout(of: slice, axis: specification.axis))
      if program.type(of: result).shape.known != nil {
        try allocate(result, of: loop.node, at: loop.begin)
        if loop.op.swapMemory, self[result].claim == .none {
          swappableBlocks += self[result].blocks
        }
      } else if specification.axis == 0, program.type(of: result).shape.rank != nil {
        self[result].growingStack = layout.growingStacks.count
        layout.growingStacks.append(loop.op.swapMemory)
        self[result].slot = newSlot(.running)
      } else {
        throw PlanError.shapeDependsOnData(
          type: program.type(of: result), op: While.name, operation: loop.node.origin)
      }
    }
  }

  /// Decides which results the body writes where they belong, and how each carry goes from one iteration to the next.
  private mutating func chooseTransfers(_ loop: inout LoopDraft) {
    let op = loop.op
    loop.stackProducers = Array(repeating: -1, count: op.stacks.count)
    for index in op.stacks.indices where !isGrowing(index, in: loop) {
      claimSlice(index, in: &loop)
    }
    for index in 0..<op.carriedCount {
      let result = loop.body.results[index]
      var carry = LoopDraft.Carry(base: claimableBase(of: result, in: loop.body))
      if let base = carry.base {
        carry.transfer = self[base].claim == .none ? .buffered : .forwarded
        if carry.transfer == .buffered {
          claim(base, slot: newSlot(.running), as: .enclosing)
        }
      } else if result == loop.bodyParameters[index] {
        carry.transfer = .unchanged
        carry.isCopiedOut = true
      } else if program.constant(result) != nil || loop.invariantParameters.contains(result) {
        carry.transfer = .forwarded
        carry.isCopiedOut = true
      }
      loop.carries.append(carry)
    }
    for index in op.stacks.indices where isGrowing(index, in: loop) {
      claimSlice(index, in: &loop)
    }
    for index in loop.carries.indices where isUpdatedInPlace(index, in: loop) {
      loop.carries[index].isInPlace = true
    }
  }

  private func isGrowing(_ stack: Int, in loop: LoopDraft) -> Bool {
    self[loop.node.results[loop.op.carriedCount + stack]].growingStack != nil
  }

  /// Lets a kernel of the body write slices of a stack in place, if they lie in one piece.
  private mutating func claimSlice(_ index: Int, in loop: inout LoopDraft) {
    let slice = loop.body.results[loop.op.carriedCount + index]
    guard loop.stackLayouts[index].isContiguous,
      let base = claimableBase(of: slice, in: loop.body), self[base].claim == .none
    else { return }
    let slot = newSlot(.running)
    claim(base, slot: slot, as: .enclosing)
    loop.stackProducers[index] = slot
  }

  /// Whether a kernel may write the next value of a carry over the last: nothing else sees either.
  private func isUpdatedInPlace(_ index: Int, in loop: LoopDraft) -> Bool {
    let parameter = loop.bodyParameters[index]
    guard loop.carries[index].transfer == .buffered, let base = loop.carries[index].base,
      isLastUse(of: parameter, at: self[base].producer, in: loop.body),
      loop.body.results.count(where: { claimableBase(of: $0, in: loop.body) == base }) == 1
    else { return false }
    let node = loop.body.nodes[self[base].producer]
    guard node.results.first == base, !(node.op is While), !(node.op is Conditional),
      let context = try? loweringContext(node),
      case .inPlace(let candidates) = node.op.aliasing(context)
    else { return false }
    return candidates.contains { node.operands[$0] == parameter }
      && program.type(of: parameter).byteCount == program.type(of: base).byteCount
  }

  /// Whether the node at `position` uses `parameter` once, and what else uses it are kernels before it, done with it by then.
  private func isLastUse(of parameter: Value, at position: Int, in body: Block) -> Bool {
    guard !body.results.contains(parameter) else { return false }
    let earlier = body.nodes[..<position].filter { $0.operands.contains(parameter) }
    let uses = earlier.reduce(1) { sum, node in
      sum + node.operands.count(where: { $0 == parameter })
    }
    return self[parameter].useCount == uses && earlier.allSatisfy(hasMemoryOfItsOwn)
  }

  /// Whether no result of `node` shows the memory of an operand.
  func hasMemoryOfItsOwn(_ node: Node) -> Bool {
    guard node.regions.isEmpty, let context = try? loweringContext(node) else { return false }
    if case .view = node.op.aliasing(context) { return false }
    return true
  }

  /// Notes in the rows of the body which kernels write a carried value over the last.
  private mutating func markInPlaceCarries(_ loop: LoopDraft, below header: Int) {
    for (index, carry) in loop.carries.enumerated() where carry.isInPlace {
      guard let base = carry.base,
        let row = rows[header...].firstIndex(where: {
          $0.kind == .kernel && $0.results.first?.slot == Int(self[base].slot)
        })
      else { continue }
      let parameter = Int(self[loop.bodyParameters[index]].slot)
      rows[row].inPlaceOperand = rows[row].operands.firstIndex { $0.slot == parameter }
    }
  }

  // MARK: Parameters

  /// Gives the parameters of condition and body the same slots.
  private mutating func bindParameters(_ loop: inout LoopDraft) throws {
    let (op, node) = (loop.op, loop.node)
    loop.iterationBlock = newBlock(
      byteCount: MemoryLayout<Int64>.size, at: loop.begin, for: use(.counter, of: node))
    loop.blocks.append(loop.iterationBlock)
    let iteration = newSlot(.block(loop.iterationBlock, offset: 0))
    let carried = (0..<op.carriedCount).map { _ in newSlot(.running) }
    for region in node.regions {
      self[region.parameters[0]].slot = iteration
      for (index, slot) in carried.enumerated() {
        self[region.parameters[1 + index]].slot = slot
      }
      let invariants = region.parameters.suffix(op.invariantCount)
      for (parameter, operand) in zip(invariants, node.operands[op.invariantRange]) {
        bind(parameter, toInvariant: operand)
      }
    }
    for (index, specification) in op.scans.enumerated() {
      let parameter = loop.sliceParameter(index)
      _ = try byteCount(of: parameter, of: node)
      let slices = sliceLayout(of: parameter, axis: specification.axis)
      var buffer = Self.unusedBlock
      var slot = newSlot(.running)
      if !slices.isContiguous {
        buffer = newBlock(
          byteCount: slices.sliceByteCount, at: loop.begin,
          for: use(.slice, of: node, program.type(of: parameter)))
        loop.blocks.append(buffer)
        slot = newSlot(.block(buffer, offset: 0))
      }
      self[parameter].slot = slot
      loop.scanBuffers.append(buffer)
    }
  }

  private func sliceLayout(of slice: Value, axis: Int) -> SliceLayout {
    let type = program.type(of: slice)
    return SliceLayout(
      sliceShape: type.shape.known ?? [], axis: axis, elementByteCount: type.dtype.byteCount)
  }

  // MARK: Parts of the step

  /// The buffers of a carry, and the memory of its result: the buffer of the last iteration, or what that forwards.
  private mutating func carry(
    _ index: Int, of loop: inout LoopDraft
  ) throws -> LoopStep.Carry {
    let carry = loop.carries[index]
    let result = loop.node.results[index]
    let byteCount = try byteCount(of: result, of: loop.node)
    let memoryUse = use(.carried, of: loop.node, program.type(of: result))
    let slot = newSlot(.running)
    self[result].slot = slot
    var buffers = (even: Self.unusedBlock, odd: Self.unusedBlock)
    let isBuffered = carry.transfer == .buffered || carry.transfer == .copied
    let runs = loop.tripCount.map { $0 > 0 } ?? false
    if isBuffered || carry.isCopiedOut || !runs {
      buffers.even = newBlock(byteCount: byteCount, at: loop.begin, for: memoryUse)
      extend(buffers.even, to: loop.end)
      self[result].blocks.append(buffers.even)
    }
    if isBuffered {
      buffers.odd = buffers.even
      if !carry.isInPlace && loop.tripCount != 1 {
        buffers.odd = newBlock(byteCount: byteCount, at: loop.begin, for: memoryUse)
        extend(buffers.odd, to: loop.end)
        self[result].blocks.append(buffers.odd)
      }
      if let tripCount = loop.tripCount, tripCount > 0 {
        self[result].blocks = [tripCount.isMultiple(of: 2) ? buffers.odd : buffers.even]
      }
    }
    loop.carries[index].blocks = self[result].blocks
    if carry.transfer == .forwarded, !carry.isCopiedOut, let base = carry.base {
      self[result].blocks += memoryForwarding(base, in: loop)
    }
    hold(self[result].blocks, for: result)
    return LoopStep.Carry(
      transfer: carry.transfer, operand: self.slot(of: loop.node.operands[index]),
      parameter: self[loop.bodyParameters[index]].slot,
      bodyResult: self.slot(of: loop.body.results[index]),
      producer: carry.base.map { self[$0].slot } ?? -1, result: slot, byteCount: byteCount,
      isCopiedOut: carry.isCopiedOut, buffers: buffers)
  }

  /// The memory of the stack, or of the earlier carry, for which the body writes `base`.
  private func memoryForwarding(_ base: Value, in loop: LoopDraft) -> [Int] {
    let slot = self[base].slot
    if let stack = loop.stackProducers.firstIndex(of: slot) {
      return self[loop.node.results[loop.op.carriedCount + stack]].blocks
    }
    return loop.carries.filter { $0.base == base && $0.transfer == .buffered }.flatMap(\.blocks)
  }

  private mutating func scan(_ index: Int, of loop: LoopDraft) -> LoopStep.Scan {
    let specification = loop.op.scans[index]
    let operand = loop.node.operands[loop.op.carriedCount + index]
    let parameter = loop.sliceParameter(index)
    return LoopStep.Scan(
      operand: slot(of: operand), parameter: self[parameter].slot,
      slices: sliceLayout(of: parameter, axis: specification.axis),
      length: length(of: operand, axis: specification.axis),
      isReversed: specification.reversed, isAnchored: specification.anchoredAtTripCount,
      buffer: loop.scanBuffers[index])
  }

  private mutating func stack(_ index: Int, of loop: LoopDraft) -> LoopStep.Stack {
    let specification = loop.op.stacks[index]
    let result = loop.node.results[loop.op.carriedCount + index]
    return LoopStep.Stack(
      bodyResult: slot(of: loop.body.results[loop.op.carriedCount + index]),
      result: self[result].slot, producer: loop.stackProducers[index],
      slices: loop.stackLayouts[index], length: length(of: result, axis: specification.axis),
      isReversed: specification.reversed, isAnchored: specification.anchoredAtTripCount)
  }

  private func length(of array: Value, axis: Int) -> LoopStep.Length {
    if let stack = self[array].growingStack { return .growing(stack) }
    return .known(program.type(of: array).shape[axis] ?? 0)
  }
}

/// A loop while it is lowered.
struct LoopDraft {
  struct Carry {
    /// The value of the body whose producer can write the result where it belongs.
    var base: Value?
    var transfer = LoopStep.Carry.Transfer.copied
    var isCopiedOut = false
    var isInPlace = false
    var blocks: [Int] = []
  }

  let op: While
  let node: Node
  let body: Block
  /// The body's parameters for carried values.
  let bodyParameters: [Value]
  let invariantParameters: [Value]
  let begin: Int
  let tripCount: Int?
  var end = 0
  /// Blocks needed for as long as the loop runs.
  var blocks: [Int] = []
  var iterationBlock = 0
  var carries: [Carry] = []
  var stackLayouts: [SliceLayout] = []
  /// The slot through which the body writes slices of each stack, or −1.
  var stackProducers: [Int32] = []
  var scanBuffers: [Int] = []
  var conditionSteps: [Step] = []

  init(_ op: While, _ node: Node, begin: Int, tripCount: Int?) {
    self.op = op
    self.node = node
    body = node.regions[node.regions.count - 1]
    bodyParameters = Array(body.parameters[1..<1 + op.carriedCount])
    invariantParameters = body.parameters.suffix(op.invariantCount)
    self.begin = begin
    self.tripCount = tripCount
  }

  func sliceParameter(_ index: Int) -> Value {
    body.parameters[1 + op.carriedCount + index]
  }
}
