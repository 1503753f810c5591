import JacquardArrays

/// The nodes of a block, with what it takes to compare them quickly.
struct NodeSequence {
  /// The node that gives a value, and which of its results it is.
  struct Definition: Hashable {
    var node: Int
    var result: Int
  }

  /// A slice of an array, without the axis it was taken along.
  struct ArraySlice: Hashable {
    var array: Value
    var axis: Int
    var index: Int

    /// The same for all slices of the array.
    var whole: ArraySlice { ArraySlice(array: array, axis: axis, index: 0) }
  }

  /// Arrays of which fewer slices are taken do not count as taken apart step by step.
  private static let leastSlices = 4

  let nodes: [Node]
  /// The nodes that steps may consist of, in program order: all but those that take arrays apart into slices.
  private(set) var order: [Int] = []
  /// Where a node stands in `order`.
  private(set) var positions: [Int?]
  /// For each position a number; equal ones mean equal ops on equal types. Negative, and unique, for what cannot be part of a step.
  private(set) var keys: [Int] = []
  /// What is a slice of an array.
  private(set) var slices: [Value: ArraySlice] = [:]
  /// What lays a slice, with its axis of length 1, into zeros.
  private(set) var placements: [Value: ArraySlice] = [:]
  private var definitions: ValueTable<Definition?>

  init(_ nodes: [Node], _ program: Program) {
    self.nodes = nodes
    positions = Array(repeating: nil, count: nodes.count)
    definitions = ValueTable(program, repeating: nil)
    for (index, node) in nodes.enumerated() {
      for (result, value) in node.results.enumerated() {
        definitions[value] = Definition(node: index, result: result)
      }
    }
    let slicing = collectSlices(program).union(collectPlacements(program))
    number(leavingOut: slicing, program)
  }

  /// Where a value is defined; `nil` for parameters and constants.
  func definition(of value: Value) -> Definition? { definitions[value] }

  // MARK: Slices

  /// Finds the slices of arrays; gives the nodes that do nothing but take them.
  private mutating func collectSlices(_ program: Program) -> Set<Int> {
    var kept: [Value: ArraySlice] = [:]
    var found: [(value: Value, slice: ArraySlice, nodes: [Int])] = []
    for (index, node) in nodes.enumerated() {
      if let op = node.op as? Unstack,
        let axis = program.type(of: node.operands[0]).shape.normalized(axis: op.axis)
      {
        for (number, result) in node.results.enumerated() {
          slices[result] = ArraySlice(array: node.operands[0], axis: axis, index: number)
        }
      } else if node.op is Slice || node.op is Split {
        for (value, slice) in unitSlices(of: node, program) { kept[value] = slice }
      } else if node.isReshape, let slice = kept[node.operands[0]],
        program.type(of: slice.array).shape.removing(axis: slice.axis)
          == program.type(of: node.results[0]).shape
      {
        var taking = [index]
        if let slicing = definition(of: node.operands[0])?.node, nodes[slicing].op is Slice {
          taking.append(slicing)
        }
        found.append((node.results[0], slice, taking))
      }
    }
    let counts = Self.counts(found.map(\.slice))
    var taking: Set<Int> = []
    for one in found where counts[one.slice.whole, default: 0] >= Self.leastSlices {
      slices[one.value] = one.slice
      taking.formUnion(one.nodes)
    }
    return taking
  }

  /// Of how many indices there are slices, for each array.
  private static func counts(_ slices: [ArraySlice]) -> [ArraySlice: Int] {
    var indices: [ArraySlice: Set<Int>] = [:]
    for slice in slices { indices[slice.whole, default: []].insert(slice.index) }
    return indices.mapValues(\.count)
  }

  /// Finds what lays slices into zeros, as gradients of slices do; gives the nodes.
  private mutating func collectPlacements(_ program: Program) -> Set<Int> {
    var found: [(node: Int, slice: ArraySlice)] = []
    for (index, node) in nodes.enumerated() {
      guard let op = node.op as? Unslice<Slice>,
        let shape = program.type(of: node.results[0]).shape.known,
        let part = program.type(of: node.operands[0]).shape.known,
        let region = try? op.slice.region(of: shape, others: []),
        let axis = Self.unitAxis(of: region, in: shape), part == region.sizes
      else { continue }
      found.append(
        (index, ArraySlice(array: node.operands[1], axis: axis, index: region.start[axis])))
    }
    let counts = Self.counts(found.map(\.slice))
    found.removeAll { counts[$0.slice.whole, default: 0] < Self.leastSlices }
    for one in found { placements[nodes[one.node].results[0]] = one.slice }
    return Set(found.map(\.node))
  }

  /// The axis along which a region has length 1, if it is whole along all others.
  private static func unitAxis(of region: SliceRegion, in shape: [Int]) -> Int? {
    let cut = shape.indices.filter { region.sizes[$0] != shape[$0] }
    guard cut.count == 1, region.sizes[cut[0]] == 1, region.strides.allSatisfy({ $0 == 1 }) else {
      return nil
    }
    return cut[0]
  }

  /// What a node takes of length 1 along one axis, and whole along all others.
  private func unitSlices(of node: Node, _ program: Program) -> [(Value, ArraySlice)] {
    let array = node.operands[0]
    guard let shape = program.type(of: array).shape.known else { return [] }
    if let op = node.op as? Split {
      let axis = shape.normalized(axis: op.axis)
      guard node.results.count > 1, node.results.count == shape[axis] else { return [] }
      return node.results.enumerated().map {
        ($1, ArraySlice(array: array, axis: axis, index: $0))
      }
    }
    guard let op = node.op as? Slice, let context = program.loweringContext(of: node),
      let region = try? op.region(in: context), let axis = Self.unitAxis(of: region, in: shape)
    else { return [] }
    return [(node.results[0], ArraySlice(array: array, axis: axis, index: region.start[axis]))]
  }

  // MARK: Keys

  private struct Key: Hashable {
    var op: AnyHashable
    var types: [Int]
  }

  private mutating func number(leavingOut slicing: Set<Int>, _ program: Program) {
    var typeNumbers: [TensorType: Int] = [:]
    var numberOfValue = [Int](repeating: -1, count: program.values.count)
    func typeNumber(_ value: Value) -> Int {
      let index = Int(value.index)
      if numberOfValue[index] < 0 {
        let type = program.values[index].type
        let number = typeNumbers[type] ?? typeNumbers.count
        typeNumbers[type] = number
        numberOfValue[index] = number
      }
      return numberOfValue[index]
    }
    var numbers: [Key: Int] = [:]
    for (index, node) in nodes.enumerated() where !slicing.contains(index) {
      positions[index] = order.count
      order.append(index)
      guard node.op.effect == .none, node.regions.isEmpty, !node.results.isEmpty,
        node.results.allSatisfy({ program.type(of: $0).shape.known != nil })
      else {
        keys.append(-1 - index)
        continue
      }
      let key = Key(
        op: AnyHashable(node.op), types: (node.operands + node.results).map(typeNumber))
      let number = numbers[key] ?? numbers.count
      numbers[key] = number
      keys.append(number)
    }
  }
}

extension Program {
  /// Whether two values are one, or constants of equal elements.
  func areSame(_ a: Value, _ b: Value) -> Bool {
    if a == b { return true }
    guard let first = constant(a), let second = constant(b) else { return false }
    return first == second
  }
}
