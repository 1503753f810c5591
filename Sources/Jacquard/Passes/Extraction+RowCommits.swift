import JacquardArrays

extension Extraction {
  /// Lets the assignments to some rows of a variable work on the memory that is committed, where nothing else writes to it.
  mutating func assignRowsInPlace() {
    for (position, variable) in program.commits.enumerated() {
      guard let history = pending[variable], history.count == 1,
        let assign = state.operations[history[0].operation.index].op as? Assign,
        assign.update.isByRows, let start = inputValues[.variable(variable)],
        let index = program.root.nodes.firstIndex(where: { $0.results.first == history[0].value })
      else { continue }
      let node = program.root.nodes[index]
      guard node.operands[2] == start else { continue }
      program.root.nodes[index].operands[2] = input(
        .pending(variable), assign.type, origin: state.variables[variable.index].read)
      program.rowCommits.append(position)
      program.root.results.append(node.operands[1])
    }
  }
}
