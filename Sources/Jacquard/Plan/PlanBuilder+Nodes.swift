import JacquardArrays

extension PlanBuilder {
  /// Notes who gives and who uses the values of a region.
  mutating func survey(_ region: Block) {
    for (index, node) in region.nodes.enumerated() {
      for (position, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: position) {
        self[operand].lastUse = index
        self[operand].useCount += 1
      }
      for result in node.results { self[result].producer = index }
    }
    for result in region.results { self[result].lastUse = .max }
  }

  /// The steps of a surveyed region.
  mutating func lower(_ region: Block, depth: Int) throws -> [Step] {
    try lowerNodes(region, depth: depth).compactMap(\.self)
  }

  /// The step of each node of a surveyed region; `nil` for views that need none.
  mutating func lowerNodes(_ region: Block, depth: Int) throws -> [Step?] {
    var steps: [Step?] = []
    for (index, node) in region.nodes.enumerated() {
      if depth == 0 { try enterJoint(of: index) }
      steps.append(try lower(node, at: index, depth: depth))
    }
    return steps
  }

  private mutating func lower(_ node: Node, at index: Int, depth: Int) throws -> Step? {
    if let op = node.op as? While {
      return .loop(try lowerLoop(op, node, depth: depth))
    }
    if node.op is Conditional {
      return .conditional(try lowerConditional(node, depth: depth))
    }
    if isMadeInPieces(node) {
      appendRow(.view, node, depth: depth)
      return nil
    }
    let context = try loweringContext(node)
    if case .view(let operand, let byteOffset) = node.op.aliasing(context) {
      return lowerView(node, of: node.operands[operand], byteOffset: byteOffset, depth: depth)
        .map { .view($0) }
    }
    return .kernel(try lowerKernel(node, context, at: index, depth: depth))
  }

  private mutating func lowerKernel(
    _ node: Node, _ context: LoweringContext, at index: Int, depth: Int
  ) throws -> KernelStep {
    let time = joint?.moment ?? tick()
    let early = depth == 0 ? rootKernels.removeValue(forKey: index) : nil
    let kernel = try early ?? kernel(of: node, context)
    var scratch = Self.unusedBlock
    let perShare = (kernel as? any RowwiseKernel)?.scratchByteCountPerRange ?? 0
    let scratchByteCount = max(
      kernel.scratchByteCount, perShare * RowSchedule.mostShares(threads: options.threads))
    if scratchByteCount > 0 {
      scratch = newBlock(byteCount: scratchByteCount, at: time, for: use(.scratch, of: node))
    }
    for (position, operand) in node.operands.enumerated()
    where node.op.usesElements(ofOperand: position) {
      touch(operand, at: time)
    }
    let overwritten = try overwritableOperand(node, context, at: index)
    for (position, result) in node.results.enumerated() {
      if position == 0, let overwritten {
        let block = self[node.operands[overwritten]].blocks[0]
        self[result].slot = newSlot(.block(block, offset: 0))
        place(result, in: block, offset: 0)
        extend(block, to: time)
      } else {
        try allocate(result, of: node, at: time)
      }
    }
    let operands = node.operands.indices.map { position in
      node.op.usesElements(ofOperand: position)
        ? slot(of: node.operands[position]) : Self.unusedSlot
    }
    appendRow(kernel, node, inPlaceOperand: overwritten, depth: depth)
    rows[rows.count - 1].moment = time
    return KernelStep(
      kernel: kernel, operands: operands, results: node.results.map { self[$0].slot },
      scratchBlock: scratch, row: rows.count - 1)
  }

  /// - Throws: ``PlanError/cannotLower(reason:op:operation:)``.
  func kernel(of node: Node, _ context: LoweringContext) throws -> any Kernel {
    do {
      return try node.op.lower(context)
    } catch let error as LoweringError {
      throw PlanError.cannotLower(
        reason: error.message, op: type(of: node.op).name, operation: node.origin)
    }
  }

  /// The operand in whose place result 0 may be written: of its size, alone in its block, of no further use.
  private func overwritableOperand(
    _ node: Node, _ context: LoweringContext, at index: Int
  ) throws -> Int? {
    guard case .inPlace(let candidates) = node.op.aliasing(context),
      let result = node.results.first, self[result].claim == .none
    else { return nil }
    let byteCount = try byteCount(of: result, of: node)
    return candidates.first { position in
      let operand = self[node.operands[position]]
      guard operand.offset == 0, operand.blocks.count == 1, operand.claim == .none,
        node.op.usesElements(ofOperand: position)
      else { return false }
      let block = operand.blocks[0]
      return blocks[block].byteCount == byteCount && isDead(block, after: index)
        && (joint?.readerCounts[block] ?? 1) == 1
        && node.operands.indices.allSatisfy { other in
          other == position || !node.op.usesElements(ofOperand: other)
            || !self[node.operands[other]].blocks.contains(block)
        }
    }
  }

  private mutating func lowerView(
    _ node: Node, of operand: Value, byteOffset: Int, depth: Int
  ) -> ViewStep? {
    let result = node.results[0]
    let source = slot(of: operand)
    share(operand, with: result, byteOffset: byteOffset)
    var step: ViewStep?
    switch layout.slots[Int(source)] {
    case .block(let block, let offset):
      self[result].slot = newSlot(.block(block, offset: offset + byteOffset))
    case .constant(let constant, let offset):
      self[result].slot = newSlot(.constant(constant, offset: offset + byteOffset))
    case .input, .running:
      let slot = newSlot(.running)
      self[result].slot = slot
      step = ViewStep(source: source, destination: slot, byteOffset: byteOffset)
    }
    appendRow(.view, node, depth: depth)
    return step
  }

  /// What the op of a node sees when it lowers.
  ///
  /// - Throws: ``PlanError/shapeDependsOnData(type:op:operation:)`` if not every shape is known.
  func loweringContext(_ node: Node) throws -> LoweringContext {
    guard let context = program.loweringContext(of: node) else {
      let unknown = (node.operands + node.results).map { program.type(of: $0) }
        .filter { $0.shape.known == nil }
      throw PlanError.shapeDependsOnData(
        type: unknown[0], op: type(of: node.op).name, operation: node.origin)
    }
    return context
  }

  /// The value whose producer can write `value` to memory that is given to it: `value` itself, or what it is a full view of.
  func claimableBase(of value: Value, in region: Block) -> Value? {
    let index = self[value].producer
    guard index >= 0, program.constant(value) == nil, !self[value].isMadeInPieces else {
      return nil
    }
    let node = region.nodes[index]
    if let loop = node.op as? While {
      guard let position = node.results.firstIndex(of: value), position >= loop.carriedCount,
        program.type(of: value).shape.known != nil
      else { return nil }
      return value
    }
    guard !(node.op is Conditional), let context = try? loweringContext(node) else { return value }
    guard case .view(let operand, let byteOffset) = node.op.aliasing(context) else { return value }
    let source = node.operands[operand]
    guard byteOffset == 0,
      program.type(of: source).byteCount == program.type(of: value).byteCount
    else { return nil }
    return claimableBase(of: source, in: region)
  }
}

// MARK: - Rows

extension PlanBuilder {
  /// Describes a kernel.
  mutating func appendRow(_ kernel: any Kernel, _ node: Node, inPlaceOperand: Int?, depth: Int) {
    appendRow(.kernel, node, depth: depth)
    let row = rows.count - 1
    rows[row].name = kernel.name
    rows[row].scratchByteCount = kernel.scratchByteCount
    rows[row].chunkCount = kernel.chunkCount
    rows[row].kernelKind = kernel.kind
    rows[row].floatingPointOperations = kernel.floatingPointOperations
    rows[row].kernel = kernel
    rows[row].inPlaceOperand = inPlaceOperand
    rows[row].byteCount = node.results.reduce(0) { $0 + (program.type(of: $1).byteCount ?? 0) }
    for (position, operand) in node.operands.enumerated()
    where node.op.usesElements(ofOperand: position) {
      rows[row].operandByteCount += program.type(of: operand).byteCount ?? 0
    }
  }

  /// Describes a view, or the header of nested steps.
  mutating func appendRow(_ kind: PlanRow.Kind, _ node: Node, depth: Int) {
    let operands = node.operands.map { ($0, slot(of: $0)) }
    rows.append(
      PlanRow(
        depth: depth, kind: kind, name: type(of: node.op).name, origin: node.origin,
        moment: clock, operands: operands.map { buffer($0, slot: $1) },
        results: node.results.map { buffer($0, slot: max(self[$0].slot, 0)) }))
  }

  /// Describes a region that a node owns.
  mutating func appendHeader(_ kind: PlanRow.Kind, name: String, _ node: Node, depth: Int) -> Int {
    rows.append(
      PlanRow(depth: depth, kind: kind, name: name, origin: node.origin, moment: clock))
    return rows.count - 1
  }

  /// Sums up the rows below a header.
  mutating func closeHeader(_ header: Int, results: [Value] = []) {
    let nested = rows[(header + 1)...].filter { $0.kind == .kernel }
    rows[header].kernelCount = nested.count
    rows[header].byteCount = nested.reduce(0) { $0 + $1.byteCount }
    rows[header].results = results.map { buffer($0, slot: max(self[$0].slot, 0)) }
  }

  private func buffer(_ value: Value, slot: Int32) -> PlanRow.Buffer {
    PlanRow.Buffer(type: program.type(of: value), slot: Int(slot), home: .running)
  }
}
