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

    /// The parameters for `inputs`, which this region or its neighbour brings in.
    func parameters(for inputs: [Value], _ program: inout Program) -> [Value] {
      inputs.map { input in
        brought.first { $0.outer == input }?.inner ?? program.addValue(program.type(of: input))
      }
    }
  }

  /// The inputs of the run that the regions bring in, each once, in order.
  private func inputs(broughtBy blocks: [ExtractedBlock]) -> [Value] {
    var inputs: [Value] = []
    for (outer, _) in blocks.flatMap(\.brought) where !inputs.contains(outer) {
      inputs.append(outer)
    }
    return inputs
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

  mutating func extractLoop(
    _ loop: While, _ id: OperationID, _ record: OperationRecord, _ operands: [Value],
    _ scope: inout Scope
  ) throws {
    let types = operands.map { program.type(of: $0) }
    var op = loop
    let scanned = try loop.scannedLength(types)
    var limit = loop.maximumIterations
    var bound: Value?
    if loop.hasBound {
      bound = operands.last!
      if let known = program.constant(bound!)?.intValue {
        limit = min(limit ?? known, known)
        bound = nil
        op.hasBound = false
      }
    }
    op.maximumIterations = limit

    let variables = assignedVariables(record.regions)
    let carriedTypes = types[..<loop.carriedCount]
    let scanTypes = zip(loop.scans, types[loop.scanRange]).map {
      TensorType($1.dtype, $1.shape.removing(axis: $0.axis))
    }
    let invariants = Array(operands[loop.invariantRange])

    // Parameters of both regions: iteration, carried, slices (body only), invariants. Constants are used directly.
    func parameters(_ region: RegionID, slices: Bool) -> [(ValueID, Value)] {
      let ids = state.regions[region.index].parameters
      var position = 0
      var list: [(ValueID, Value)] = []
      func add(_ type: TensorType) {
        list.append((ids[position], program.addValue(type, origin: ids[position])))
        position += 1
      }
      add(TensorType(.int64, .scalar))
      for type in carriedTypes { add(type) }
      if slices { for type in scanTypes { add(type) } }
      for value in invariants {
        if let constant = program.constant(value) {
          list.append(
            (
              ids[position],
              program.addValue(program.type(of: value), constant: constant, origin: ids[position])
            ))
          position += 1
        } else {
          add(program.type(of: value))
        }
      }
      return list
    }

    if loop.hasCondition, !assignedVariables([record.regions[0]]).isEmpty {
      throw TypeRuleError(
        "its condition assigns to a variable", remedy: "assign in the body, or carry the value")
    }
    let saved = pending
    var extracted: [ExtractedBlock] = []
    var blocks: [Block] = []
    var initialStates: [Value] = []
    for variable in variables { initialStates.append(currentValue(variable, in: &scope)) }
    if loop.hasCondition {
      let list = parameters(record.regions[0], slices: false)
      let states = variables.map { program.addValue(state.variables[$0.index].type) }
      guard let condition = extractBlock(record.regions[0], parameters: list) else { return }
      var block = Block(nodes: condition.nodes, results: condition.results)
      let carried = list[0...loop.carriedCount].map(\.1)
      block.parameters = carried + states + list[(1 + loop.carriedCount)...].map(\.1)
      blocks.append(block)
      extracted.append(condition)
    }
    let list = parameters(record.regions.last!, slices: true)
    let states = variables.map { program.addValue(state.variables[$0.index].type) }
    for (variable, value) in zip(variables, states) { pending[variable] = [(id, value)] }
    let body = extractBlock(record.regions.last!, parameters: list)
    let finalStates = variables.map { latest($0)! }
    pending = saved
    guard let body else { return }
    let results = body.results
    extracted.append(body)

    for index in 0..<loop.carriedCount {
      let (entering, leaving) = (carriedTypes[index], program.type(of: results[index]))
      guard entering == leaving else {
        throw TypeRuleError(
          "carried value \(index) enters as \(entering) and leaves an iteration as \(leaving)",
          remedy: "let the body return the shape it was given")
      }
    }
    var block = Block(nodes: body.nodes)
    block.results =
      Array(results[..<loop.carriedCount]) + finalStates + Array(results[loop.carriedCount...])
    let values = list.map(\.1)
    block.parameters =
      values[0...loop.carriedCount] + states + values[(1 + loop.carriedCount)...]
    blocks.append(block)
    let brought = inputs(broughtBy: extracted)
    for index in blocks.indices {
      blocks[index].parameters += extracted[index].parameters(for: brought, &program)
    }

    op.carriedCount += variables.count
    op.invariantCount += brought.count
    let signatures = blocks.map { block in
      RegionSignature(
        parameters: block.parameters.map { program.type(of: $0) },
        results: block.results.map { program.type(of: $0) })
    }
    let allOperands =
      Array(operands[..<loop.carriedCount]) + initialStates + Array(operands[loop.scanRange])
      + invariants + brought.map { bring($0, into: &scope) } + (bound.map { [$0] } ?? [])
    let resultTypes = try op.resultTypes(
      TypeRuleInput(allOperands.map { program.type(of: $0) }, regions: signatures))
    let resultValues = resultTypes.map { program.addValue($0) }
    let own = Array(resultValues[..<loop.carriedCount]) + resultValues[op.carriedCount...]
    for (graphValue, value) in zip(record.results, own) {
      program.values[Int(value.index)].origin = graphValue
      if scope.values[graphValue] == nil { scope.values[graphValue] = value }
    }
    for (index, variable) in variables.enumerated() {
      pending[variable, default: []].append((id, resultValues[loop.carriedCount + index]))
    }
    if !op.hasCondition && !op.hasBound {
      let length = [scanned ?? nil, op.maximumIterations].compactMap(\.self).min()
      if let length, (scanned ?? .some(0)) != nil {
        program.values[Int(resultValues.last!.index)].constant = NDArray(Int64(max(length, 0)))
      }
    }
    scope.nodes.append(
      Node(op: op, operands: allOperands, results: resultValues, regions: blocks, origin: id))
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
    let brought = inputs(broughtBy: extracted)
    for index in blocks.indices {
      blocks[index].parameters += extracted[index].parameters(for: brought, &program)
    }
    let captures =
      Array(operands.dropFirst()) + states + brought.map { bring($0, into: &scope) }
    let op = Conditional(captureCount: captures.count)
    let signatures = blocks.map { block in
      RegionSignature(
        parameters: block.parameters.map { program.type(of: $0) },
        results: block.results.map { program.type(of: $0) })
    }
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
    for (graphValue, value) in zip(record.results, results) {
      program.values[Int(value.index)].origin = graphValue
      if scope.values[graphValue] == nil { scope.values[graphValue] = value }
    }
    for (index, variable) in variables.enumerated() {
      pending[variable, default: []].append((id, results[record.results.count + index]))
    }
    scope.nodes.append(
      Node(
        op: op, operands: [operands[0]] + captures, results: results, regions: blocks, origin: id))
  }
}
