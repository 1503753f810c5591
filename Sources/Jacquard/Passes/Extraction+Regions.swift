import JacquardArrays

extension Extraction {
  /// The variables assigned in the regions of an operation, at any depth, in order of their ids.
  private func assignedVariables(_ regions: [RegionID]) -> [VariableID] {
    var found: Set<VariableID> = []
    var stack = regions
    while let region = stack.popLast() {
      for id in state.regions[region.index].operations {
        let record = state.operations[id.index]
        if case .assigns(let variable) = record.op.effect { found.insert(variable) }
        stack += record.regions
      }
    }
    return found.sorted()
  }

  private mutating func currentValue(_ variable: VariableID, in scope: inout Scope) -> Value {
    latest(variable) ?? startValue(variable, in: &scope)
  }

  /// What one region makes of its parameters.
  private struct ExtractedBlock {
    var nodes: [Node]
    var results: [Value]
    var brought: [(outer: Value, inner: Value)]
  }

  /// Gives the regions of an operation parameters for the inputs of the run that they bring in; returns what stands for these.
  private mutating func bringInputs(
    of extracted: [ExtractedBlock], to blocks: inout [Block], _ scope: inout Scope
  ) -> [Value] {
    var inputs: [Value] = []
    for (outer, _) in extracted.flatMap(\.brought) where !inputs.contains(outer) {
      inputs.append(outer)
    }
    for (index, own) in extracted.enumerated() {
      for input in inputs {
        blocks[index].parameters.append(
          own.brought.first { $0.outer == input }?.inner
            ?? program.addValue(program.type(of: input)))
      }
    }
    return inputs.map { bring($0, into: &scope) }
  }

  private func signatures(_ blocks: [Block]) -> [RegionSignature] {
    blocks.map { block in
      RegionSignature(
        parameters: block.parameters.map { program.type(of: $0) },
        results: block.results.map { program.type(of: $0) })
    }
  }

  /// Has values stand for the results of an operation.
  private mutating func define(
    _ ids: [ValueID], _ values: some Sequence<Value>, _ scope: inout Scope
  ) {
    for (id, value) in zip(ids, values) {
      program.values[Int(value.index)].origin = id
      if scope.values[id] == nil { scope.values[id] = value }
    }
  }

  /// Notes the values that variables have after an operation.
  private mutating func assign(
    _ variables: [VariableID], _ values: some Sequence<Value>, by id: OperationID
  ) {
    for (variable, value) in zip(variables, values) {
      pending[variable, default: []].append((id, value))
    }
  }

  /// The block of `region`, whose parameters stand for `arguments`; returns the values of its results.
  private mutating func extractBlock(
    _ region: RegionID, parameters: [(id: ValueID, value: Value)]
  ) -> ExtractedBlock? {
    var scope = Scope(brought: [])
    for (id, value) in parameters { scope.values[id] = value }
    let record = state.regions[region.index]
    for id in neededOperations(of: record) { extract(id, into: &scope) }
    var results: [Value] = []
    for id in record.results {
      guard let value = value(of: id, in: &scope) else { return nil }
      results.append(value)
    }
    return ExtractedBlock(nodes: scope.nodes, results: results, brought: scope.brought ?? [])
  }

  /// What the results of a region need, and what it does besides.
  private func neededOperations(of region: RegionRecord) -> [OperationID] {
    var values = Set(region.results)
    var controls: Set<OperationID> = []
    var found: [OperationID] = []
    for id in region.operations.reversed() {
      let record = state.operations[id.index]
      let acts: Bool =
        switch record.op.effect {
        case .external, .assigns: true
        default: state.hasEffects(record.regions)
        }
      guard acts || controls.contains(id) || !values.isDisjoint(with: record.results) else {
        continue
      }
      found.append(id)
      values.formUnion(record.operands)
      controls.formUnion(record.controlInputs)
    }
    return found.reversed()
  }

  /// The parameters of a region of a loop: iteration, carried, slices, invariants. Constants are used directly.
  private mutating func loopParameters(
    _ loop: While, _ region: RegionID, _ operands: [Value], slices: Bool
  ) -> [(id: ValueID, value: Value)] {
    var types = [TensorType(.int64, .scalar)]
    types += operands[..<loop.carriedCount].map { program.type(of: $0) }
    if slices {
      for (scan, array) in zip(loop.scans, operands[loop.scanRange]) {
        let type = program.type(of: array)
        types.append(TensorType(type.dtype, type.shape.removing(axis: scan.axis)))
      }
    }
    var constants: [NDArray?] = types.map { _ in nil }
    for value in operands[loop.invariantRange] {
      types.append(program.type(of: value))
      constants.append(program.constant(value))
    }
    return state.regions[region.index].parameters.enumerated().map { index, id in
      (id, program.addValue(types[index], constant: constants[index], origin: id))
    }
  }

  mutating func extractLoop(
    _ loop: While, _ id: OperationID, _ record: OperationRecord, _ operands: [Value],
    _ scope: inout Scope
  ) throws {
    let types = operands.map { program.type(of: $0) }
    let scanned = try loop.scannedLength(types)
    var op = loop
    var bound = loop.hasBound ? operands.last : nil
    if let known = bound.flatMap({ program.constant($0)?.intValue }) {
      op.maximumIterations = min(loop.maximumIterations ?? known, known)
      op.hasBound = false
      bound = nil
    }
    if loop.hasCondition, !assignedVariables([record.regions[0]]).isEmpty {
      throw TypeRuleError(
        "its condition assigns to a variable", remedy: "assign in the body, or carry the value")
    }

    let variables = assignedVariables(record.regions)
    let initialStates = variables.map { currentValue($0, in: &scope) }
    let saved = pending
    var extracted: [ExtractedBlock] = []
    var blocks: [Block] = []
    for (index, region) in record.regions.enumerated() {
      let isBody = index == record.regions.count - 1
      let list = loopParameters(loop, region, operands, slices: isBody)
      let states = variables.map { program.addValue(state.variables[$0.index].type) }
      if isBody {
        for (variable, value) in zip(variables, states) { pending[variable] = [(id, value)] }
      }
      let own = extractBlock(region, parameters: list)
      let finalStates = isBody ? variables.map { latest($0)! } : []
      pending = saved
      guard var own else { return }
      if isBody { own.results.insert(contentsOf: finalStates, at: loop.carriedCount) }
      let (carried, others) = (list[...loop.carriedCount], list[(1 + loop.carriedCount)...])
      blocks.append(
        Block(
          parameters: carried.map(\.value) + states + others.map(\.value), nodes: own.nodes,
          results: own.results))
      extracted.append(own)
    }
    for (index, result) in blocks[blocks.count - 1].results[..<loop.carriedCount].enumerated() {
      let (entering, leaving) = (types[index], program.type(of: result))
      guard entering == leaving else {
        throw TypeRuleError(
          "carried value \(index) enters as \(entering) and leaves an iteration as \(leaving)",
          remedy: "let the body return the shape it was given")
      }
    }
    let brought = bringInputs(of: extracted, to: &blocks, &scope)
    op.carriedCount += variables.count
    op.invariantCount += brought.count
    var allOperands = operands[..<loop.carriedCount] + initialStates
    allOperands += operands[loop.scanRange] + operands[loop.invariantRange] + brought
    if let bound { allOperands.append(bound) }
    let results = try op.resultTypes(
      TypeRuleInput(
        allOperands.map { program.type(of: $0) }, regions: signatures(blocks))
    ).map { program.addValue($0) }
    define(record.results, results[..<loop.carriedCount] + results[op.carriedCount...], &scope)
    assign(variables, results[loop.carriedCount...], by: id)
    if !op.hasCondition && !op.hasBound {
      let length = [scanned ?? nil, op.maximumIterations].compactMap(\.self).min()
      if let length, (scanned ?? .some(0)) != nil {
        program.values[Int(results.last!.index)].constant = NDArray(Int64(max(length, 0)))
      }
    }
    scope.nodes.append(
      Node(op: op, operands: Array(allOperands), results: results, regions: blocks, origin: id))
  }

  mutating func extractConditional(
    _ id: OperationID, _ record: OperationRecord, _ operands: [Value], _ scope: inout Scope
  ) throws {
    let variables = assignedVariables(record.regions)
    let states = variables.map { currentValue($0, in: &scope) }
    let saved = pending
    var extracted: [ExtractedBlock] = []
    var blocks: [Block] = []
    for region in record.regions {
      let ids = state.regions[region.index].parameters
      var list: [(ValueID, Value)] = []
      for (parameter, value) in zip(ids, operands.dropFirst()) {
        list.append(
          (
            parameter,
            program.addValue(
              program.type(of: value), constant: program.constant(value), origin: parameter)
          ))
      }
      let inner = variables.map { program.addValue(state.variables[$0.index].type) }
      for (variable, value) in zip(variables, inner) { pending[variable] = [(id, value)] }
      let branch = extractBlock(region, parameters: list)
      let finals = variables.map { latest($0)! }
      pending = saved
      guard let branch else { return }
      blocks.append(
        Block(
          parameters: list.map(\.1) + inner, nodes: branch.nodes,
          results: branch.results + finals))
      extracted.append(branch)
    }
    let brought = bringInputs(of: extracted, to: &blocks, &scope)
    let captures = Array(operands.dropFirst()) + states + brought
    let op = Conditional(captureCount: captures.count)
    let signatures = signatures(blocks)
    let types = try op.resultTypes(
      TypeRuleInput(
        [program.type(of: operands[0])] + captures.map { program.type(of: $0) },
        regions: signatures))
    for (index, type) in types.enumerated() where type.shape.known == nil {
      let (yes, no) = (signatures[0].results[index], signatures[1].results[index])
      if yes.shape.known != nil && no.shape.known != nil {
        throw TypeRuleError(
          "result \(index) is \(yes) if true and \(no) if false",
          remedy: "return the same shape from both branches")
      }
    }
    let results = types.map { program.addValue($0) }
    define(record.results, results, &scope)
    assign(variables, results[record.results.count...], by: id)
    scope.nodes.append(
      Node(
        op: op, operands: [operands[0]] + captures, results: results, regions: blocks, origin: id))
  }
}
