extension Program {
  /// The program with the nodes that make the new values of variables, and all that read these, behind all others, so far as
  /// none of them can fail.
  ///
  /// Where the first of them stands a run can no longer fail, and new values may be written over old ones.
  ///
  /// - Returns: the program, and the index of the first of those nodes in the root.
  func withUpdatesLast() -> (program: Program, firstUpdate: Int) {
    var makesCommit = [Bool](repeating: false, count: values.count)
    for result in root.results.dropFirst(fetchCount).prefix(commits.count) {
      makesCommit[Int(result.index)] = true
    }
    // Values that a node which may fail needs, directly or not.
    var isNeededEarly = [Bool](repeating: false, count: values.count)
    for node in root.nodes.reversed()
    where !canMove(node) || node.results.contains(where: { isNeededEarly[Int($0.index)] }) {
      for operand in node.operands { isNeededEarly[Int(operand.index)] = true }
    }
    var isUpdated = [Bool](repeating: false, count: values.count)
    var (first, last): ([Node], [Node]) = ([], [])
    for node in root.nodes {
      let isUpdate =
        node.operands.contains { isUpdated[Int($0.index)] }
        || node.results.contains { makesCommit[Int($0.index)] }
          && !node.results.contains { isNeededEarly[Int($0.index)] } && canMove(node)
      if isUpdate {
        for result in node.results { isUpdated[Int(result.index)] = true }
        last.append(node)
      } else {
        first.append(node)
      }
    }
    var program = self
    program.root.nodes = first + last
    return (program, first.count)
  }
}
