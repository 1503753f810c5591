/// Arrays that are computed in pieces: operands of a concatenation that their kernels write where it would copy them.
extension PlanBuilder {
  /// Finds the concatenations of the root whose operands lie one after the other in the result, and that alone use them.
  ///
  /// They take no step. An optimizer's gradient of a matrix that was multiplied by in parts is one.
  mutating func planPieces() {
    var useCounts = [Int](repeating: 0, count: program.values.count)
    for value in program.root.nodes.flatMap(\.operands) + program.root.results {
      useCounts[Int(value.index)] += 1
    }
    let results = Set(program.root.results)
    var producers = [Node?](repeating: nil, count: program.values.count)
    for node in program.root.nodes {
      for result in node.results { producers[Int(result.index)] = node }
      guard isJoinOfRows(node), !results.contains(node.results[0]),
        node.operands.allSatisfy({ operand in
          useCounts[Int(operand.index)] == 1
            && producers[Int(operand.index)].map { hasMemoryOfItsOwn($0) && !isMadeInPieces($0) }
              ?? false
        })
      else { continue }
      var offset = 0
      for operand in node.operands {
        self[operand].claim = .piece(of: node.results[0], byteOffset: offset)
        offset += program.type(of: operand).byteCount ?? 0
      }
      self[node.results[0]].isMadeInPieces = true
    }
  }

  /// Whether a node has several operands, which are its result, cut along the outermost axis.
  private func isJoinOfRows(_ node: Node) -> Bool {
    guard let op = node.op as? Concatenate, node.operands.count > 1,
      node.operands.allSatisfy({ program.type(of: $0).shape.known != nil }),
      let shape = program.type(of: node.operands[0]).shape.known
    else { return false }
    return AxisView(shape, axis: op.axis).outer == 1
  }

  /// Whether a node is a concatenation that takes no step.
  func isMadeInPieces(_ node: Node) -> Bool {
    node.results.first.map { self[$0].isMadeInPieces } ?? false
  }

  /// Puts a new value where its concatenation has it, which gets its memory with the first piece.
  mutating func allocate(
    _ value: Value, in whole: Value, byteOffset: Int, of node: Node, at time: Int
  ) throws {
    if self[whole].blocks.isEmpty {
      let block = newBlock(
        byteCount: try byteCount(of: whole, of: node), at: time,
        for: use(.result, of: node, program.type(of: whole)))
      self[whole].slot = newSlot(.block(block, offset: 0))
      place(whole, in: block, offset: 0)
    }
    let block = self[whole].blocks[0]
    self[value].slot = newSlot(.block(block, offset: byteOffset))
    place(value, in: block, offset: byteOffset)
    extend(block, to: time)
  }
}
