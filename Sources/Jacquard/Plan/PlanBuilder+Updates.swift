extension PlanBuilder {
  /// Who reads the memory of the variables that the root reads.
  private struct VariableReaders {
    /// For each root parameter the nodes of the root that may read its memory.
    var all: [[Int]]
    /// Those of them that do so through a view, or with regions of their own.
    var indirect: [[Int]]
    /// Whether what is fetched or committed may lie there.
    var escapes: [Bool]
  }

  /// Finds the variables whose new values may be written over the old ones, if at run time nobody else holds these.
  ///
  /// That is so where a kernel among the last ones, which cannot fail, makes the new value for this commit alone, takes it in
  /// place, and no later node reads the old one.
  ///
  /// - Parameters:
  ///   - steps: the steps of the root, one for each node.
  ///   - producers: for each result of the root the value that its kernel writes.
  mutating func planUpdates(_ steps: [Step?], producers: [Value?]) {
    layout.updateStep = stepCount(ofFirst: steps.count, steps)
    guard options.updatesInPlace, firstUpdate < steps.count else { return }
    var producedCount = [Int](repeating: 0, count: program.values.count)
    for case .some(let value) in producers { producedCount[Int(value.index)] += 1 }
    let inputs = variableInputs()
    let readers = variableReaders()
    var firstNode = steps.count
    for (commit, variable) in program.commits.enumerated() {
      let value = program.root.results[program.fetchCount + commit]
      let index = self[value].producer
      guard producers[program.fetchCount + commit] == value, index >= firstUpdate,
        producedCount[Int(value.index)] == 1, !program.rowCommits.contains(commit),
        let parameter = inputs[variable], !readers.escapes[parameter],
        readers.all[parameter].allSatisfy({ $0 == index || runs($0, before: index) }),
        readers.indirect[parameter].allSatisfy({ runs($0, before: index) }),
        case .kernel(let step)? = steps[index],
        takesInPlace(value, program.root.parameters[parameter], index, step.kernel)
      else { continue }
      layout.updates.append(RunLayout.Update(commit: commit, input: parameter))
      rows[Int(step.row)].updatesInPlace = true
      firstNode = min(firstNode, jointOfNode[index]?.lowerBound ?? index)
    }
    if !layout.updates.isEmpty { layout.updateStep = stepCount(ofFirst: firstNode, steps) }
  }

  private func takesInPlace(
    _ value: Value, _ old: Value, _ index: Int, _ kernel: any Kernel
  ) -> Bool {
    let node = program.root.nodes[index]
    guard program.type(of: value) == program.type(of: old),
      let result = node.results.firstIndex(of: value)
    else { return false }
    return node.operands.indices.allSatisfy { position in
      node.operands[position] != old || !node.op.usesElements(ofOperand: position)
        || kernel.canWrite(result: result, over: position)
    }
  }

  private func variableReaders() -> VariableReaders {
    let count = program.inputs.count
    var readers = VariableReaders(
      all: Array(repeating: [], count: count), indirect: Array(repeating: [], count: count),
      escapes: Array(repeating: false, count: count))
    // The parameters in whose memory a value may lie.
    var origins = [[Int]](repeating: [], count: program.values.count)
    for (index, parameter) in program.root.parameters.enumerated() {
      if case .variable = program.inputs[index] { origins[Int(parameter.index)] = [index] }
    }
    for (index, node) in program.root.nodes.enumerated() {
      var shown: [Int] = []
      for (position, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: position) {
        for origin in origins[Int(operand.index)] {
          readers.all[origin].append(index)
          if program.root.parameters[origin] != operand || !node.regions.isEmpty {
            readers.indirect[origin].append(index)
          }
          if !shown.contains(origin) { shown.append(origin) }
        }
      }
      if !shown.isEmpty && !hasMemoryOfItsOwn(node) {
        for result in node.results { origins[Int(result.index)] = shown }
      }
    }
    for result in program.root.results {
      for origin in origins[Int(result.index)] { readers.escapes[origin] = true }
    }
    return readers
  }

  /// The root parameter that each variable is read through.
  func variableInputs() -> [VariableID: Int] {
    var inputs: [VariableID: Int] = [:]
    for case (let index, .variable(let id)) in program.inputs.enumerated() { inputs[id] = index }
    return inputs
  }
}
