/// Who gives and who reads the values of a block.
struct BlockUses {
  /// The node that gives each value; none for parameters.
  private(set) var producer: [Value: Int] = [:]
  /// The nodes that read the elements of each value, once for each operand.
  private(set) var readers: [Value: [Int]] = [:]

  init(_ block: Block) {
    for index in block.nodes.indices {
      for result in block.nodes[index].results { producer[result] = index }
      for (position, operand) in block.nodes[index].operands.enumerated()
      where block.nodes[index].op.usesElements(ofOperand: position) {
        readers[operand, default: []].append(index)
      }
    }
  }

  /// What `value` shows in another shape: it, or the first that is no reshape.
  func base(of value: Value, in block: Block) -> Value {
    var base = value
    while let index = producer[base], block.nodes[index].isReshape {
      base = block.nodes[index].operands[0]
    }
    return base
  }
}

extension Node {
  /// Whether it shows the elements of its first operand, in order, in another shape.
  var isReshape: Bool {
    op is Reshape || op is ReshapeLike || op is ExpandDimensions || op is Squeeze
  }
}
