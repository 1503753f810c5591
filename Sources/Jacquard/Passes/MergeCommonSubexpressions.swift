import JacquardArrays

/// Computes once what several nodes of a block compute.
struct MergeCommonSubexpressions: Pass {
  static let name = "merge-common-subexpressions"
  static let contract =
    "Of several nodes of one block with equal ops, without external effects or regions, over equal operands, the first stays."

  func run(_ program: inout Program) {
    var merger = SubexpressionMerger(program)
    program.root.rewrite { merger.merge(&$0) }
  }
}

/// Finds equal nodes by hash.
private struct SubexpressionMerger {
  private let values: [ValueInfo]
  private var replacements: Replacements
  /// What makes small constants equal: a number for each distinct one; −1 for all other values, −2 where nobody has looked.
  private var constantNumbers: ValueTable<Int32>
  private var numberOfConstant: [NDArray: Int32] = [:]
  private var numberOfType: [TensorType: Int32] = [:]
  /// What the operands of the node at hand are compared by.
  private var keys: [OperandKey] = []

  /// What two operands have in common if they are equal.
  private enum OperandKey: Hashable {
    case value(Value)
    case constant(Int32)
    /// Of which only the type matters.
    case type(Int32)

    var number: Int {
      switch self {
      case .value(let value): Int(value.index) << 2
      case .constant(let number): Int(number) << 2 | 1
      case .type(let number): Int(number) << 2 | 2
      }
    }
  }

  /// Larger constants are equal only to themselves.
  private static let elementLimit = 16

  init(_ program: Program) {
    values = program.values
    replacements = Replacements(program)
    constantNumbers = ValueTable(program, repeating: -2)
  }

  mutating func merge(_ block: inout Block) {
    var known = Buckets(count: block.nodes.count)
    var isKept = [Bool](repeating: true, count: block.nodes.count)
    var merges = false
    for index in block.nodes.indices {
      replacements.apply(to: &block.nodes[index].operands)
      guard block.nodes[index].regions.isEmpty, Self.isPure(block.nodes[index].op) else { continue }
      keys.removeAll(keepingCapacity: true)
      var hash = block.nodes[index].op.attributeHash
      let operands = block.nodes[index].operands
      for position in operands.indices {
        let key = key(operands[position], position, block.nodes[index].op)
        keys.append(key)
        hash = (hash ^ key.number) &* 0x1E37_79B9_7F4A_7C15
        hash ^= hash >> 32
      }
      let equal = known.first(hash) { isEqual(block.nodes[$0], block.nodes[index]) }
      guard let equal else {
        known.insert(index, hash)
        continue
      }
      for (old, new) in zip(block.nodes[index].results, block.nodes[equal].results) {
        replacements[old] = new
      }
      isKept[index] = false
      merges = true
    }
    if merges { block.keepNodes(isKept) }
    replacements.apply(to: &block.results)
  }

  private static func isPure(_ op: any Op) -> Bool {
    switch op.effect {
    case .none, .random: true
    case .reads, .assigns, .external: false
    }
  }

  /// Whether `earlier` computes what `node`, the keys of whose operands are at hand, computes.
  private mutating func isEqual(_ earlier: Node, _ node: Node) -> Bool {
    guard earlier.operands.count == keys.count else { return false }
    for position in keys.indices
    where key(earlier.operands[position], position, earlier.op) != keys[position] { return false }
    return earlier.op.isEqual(to: node.op)
  }

  private mutating func key(_ value: Value, _ position: Int, _ op: any Op) -> OperandKey {
    let constant = constantNumber(value)
    if constant >= 0 { return .constant(constant) }
    if !op.usesElements(ofOperand: position), values[Int(value.index)].type.shape.isKnown {
      return .type(Self.number(of: values[Int(value.index)].type, &numberOfType))
    }
    return .value(value)
  }

  private mutating func constantNumber(_ value: Value) -> Int32 {
    let known = constantNumbers[value]
    if known > -2 { return known }
    var number: Int32 = -1
    if let constant = values[Int(value.index)].constant, constant.count <= Self.elementLimit {
      number = Self.number(of: constant, &numberOfConstant)
    }
    constantNumbers[value] = number
    return number
  }

  private static func number<Key: Hashable>(of key: Key, _ numbers: inout [Key: Int32]) -> Int32 {
    if let known = numbers[key] { return known }
    let number = Int32(numbers.count)
    numbers[key] = number
    return number
  }
}

/// Indices of nodes by hash, in chains.
private struct Buckets {
  private var heads: [Int32]
  private var next: [Int32]
  private var hashes: [Int]

  init(count: Int) {
    var size = 16
    while size < count { size *= 2 }
    heads = Array(repeating: -1, count: size)
    next = Array(repeating: -1, count: count)
    hashes = Array(repeating: 0, count: count)
  }

  func first(_ hash: Int, where isEqual: (Int) -> Bool) -> Int? {
    var candidate = heads[hash & (heads.count - 1)]
    while candidate >= 0 {
      let index = Int(candidate)
      if hashes[index] == hash, isEqual(index) { return index }
      candidate = next[index]
    }
    return nil
  }

  mutating func insert(_ index: Int, _ hash: Int) {
    let bucket = hash & (heads.count - 1)
    hashes[index] = hash
    next[index] = heads[bucket]
    heads[bucket] = Int32(index)
  }
}

extension Op {
  /// A hash of the op and its attributes.
  fileprivate var attributeHash: Int {
    let type = ObjectIdentifier(Self.self).hashValue
    return MemoryLayout<Self>.size == 0 ? type : type ^ hashValue
  }
}
