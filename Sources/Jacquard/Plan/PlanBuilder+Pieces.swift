/// Arrays that are computed in pieces: operands of a concatenation that their kernels write where it would copy them.
extension PlanBuilder {
  /// Where a value lies in the array it is a piece of.
  struct Piece {
    /// The result of the concatenation.
    var whole: Value
    var byteOffset: Int
  }

  /// Finds the concatenations of the root whose operands lie one after the other in the result, and that alone use them.
  ///
  /// They take no step. An optimizer's gradient of a matrix that was multiplied by in parts is one.
  mutating func planPieces() {
    var useCounts = [Int](repeating: 0, count: program.values.count)
    for value in program.root.nodes.flatMap(\.operands) + program.root.results {
      useCounts[Int(value.index)] += 1
    }
    var canBePiece = [Bool](repeating: false, count: program.values.count)
    for node in program.root.nodes {
      if isJoinOfRows(node), node.operands.count > 1,
        node.operands.allSatisfy({ canBePiece[Int($0.index)] && useCounts[Int($0.index)] == 1 })
      {
        var offset = 0
        for operand in node.operands {
          pieces[operand] = Piece(whole: node.results[0], byteOffset: offset)
          offset += program.type(of: operand).byteCount ?? 0
        }
        blocksOfWholes[node.results[0]] = -1
      } else if hasMemoryOfItsOwn(node) {
        for result in node.results { canBePiece[Int(result.index)] = true }
      }
    }
    for result in program.root.results where blocksOfWholes[result] != nil {
      blocksOfWholes[result] = nil
      pieces = pieces.filter { $1.whole != result }
    }
  }

  /// Whether the operands of a node are its result, cut along the outermost axis.
  private func isJoinOfRows(_ node: Node) -> Bool {
    let shapes = node.operands.map { program.type(of: $0).shape.known }
    guard let op = node.op as? Concatenate, shapes.allSatisfy({ $0 != nil }),
      let first = shapes.first.flatMap(\.self)
    else { return false }
    return AxisView(first, axis: op.axis).outer == 1
  }

  /// Whether a node is a concatenation that takes no step.
  func isMadeInPieces(_ node: Node) -> Bool {
    node.results.first.map { blocksOfWholes[$0] != nil } ?? false
  }

  /// Puts a new value where its concatenation wants it.
  mutating func allocate(_ value: Value, as piece: Piece, of node: Node, at time: Int) throws {
    var block = blocksOfWholes[piece.whole] ?? -1
    if block < 0 {
      block = newBlock(
        byteCount: try byteCount(of: piece.whole, of: node), at: time,
        for: use(.result, of: node, program.type(of: piece.whole)))
      blocksOfWholes[piece.whole] = block
    }
    self[value].slot = newSlot(.block(block, offset: piece.byteOffset))
    place(value, in: block, offset: piece.byteOffset)
    extend(block, to: time)
  }

  /// Gives a concatenation whose pieces are written the memory they are in.
  mutating func lowerPieces(_ node: Node, depth: Int) {
    let result = node.results[0]
    let block = blocksOfWholes[result] ?? Self.unusedBlock
    self[result].slot = newSlot(.block(block, offset: 0))
    place(result, in: block, offset: 0)
    appendRow(.view, node, depth: depth)
  }
}
