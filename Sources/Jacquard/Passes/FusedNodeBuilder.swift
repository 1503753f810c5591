import JacquardArrays

/// Collects elementwise nodes of one shape in one tile program.
struct FusedNodeBuilder {
  /// An operand as the node reads it: in place, or as part of a larger array.
  struct Part: Hashable {
    var value: Value
    var strides: [Int]
    var offset = 0
    /// Whether it is read out of an array that another node only takes apart or repeats.
    var isIndirect = false
  }

  private let values: Program
  private let shape: [Int]
  private var parts: [Part] = []
  private var partNumbers: [Part: Int] = [:]
  private var steps: [Appended] = []
  private var sources: [Value: Source] = [:]
  private var results: [(value: Value, sources: [Value], placements: [TileResult])] = []
  /// Whether an operand is read out of a larger array.
  private(set) var readsParts = false

  private enum Source {
    case part(Int)
    case constant(Double)
    case step(Int)
  }

  private struct Appended {
    var expressions: [LaneExpression]
    var operands: [Source]
  }

  init(_ program: Program, shape: [Int]) {
    values = program
    self.shape = shape
  }

  /// What of `value`'s producer, if it only takes a part of an array or repeats it, can be read in place.
  private func partRead(_ value: Value, of producer: Node?) -> Part {
    let own = values.type(of: value).shape.known ?? []
    let whole = Part(
      value: value, strides: ShapeArithmetic.broadcastStrides(from: own, to: shape))
    guard let producer, values.constant(value) == nil else { return whole }
    if let split = producer.op as? Split, producer.results.count > 1 {
      return part(value, ofSplit: split, producer) ?? whole
    }
    if let slicing = producer.op as? any SlicingOp {
      return part(value, of: slicing, producer) ?? whole
    }
    if producer.op is BroadcastLike || producer.op is BroadcastTo {
      let source = producer.operands[0]
      guard values.constant(source) == nil, let from = values.type(of: source).shape.known else {
        return whole
      }
      return Part(
        value: source, strides: ShapeArithmetic.broadcastStrides(from: from, to: shape),
        isIndirect: true)
    }
    return whole
  }

  private func part(_ value: Value, ofSplit split: Split, _ producer: Node) -> Part? {
    guard let base = values.type(of: producer.operands[0]).shape.known,
      let own = values.type(of: value).shape.known,
      let position = producer.results.firstIndex(of: value)
    else { return nil }
    let axis = base.normalized(axis: split.axis)
    let before = producer.results[..<position].reduce(0) {
      $0 + (values.type(of: $1).shape[axis] ?? 0)
    }
    var start = base.map { _ in 0 }
    start[axis] = before
    return part(
      of: producer.operands[0], base, own,
      SliceRegion(start: start, sizes: own, strides: base.map { _ in 1 }))
  }

  private func part(_ value: Value, of slicing: any SlicingOp, _ producer: Node) -> Part? {
    guard let context = values.loweringContext(of: producer), slicing.effect == .none,
      let region = try? slicing.region(in: context),
      let own = values.type(of: value).shape.known
    else { return nil }
    // A slice that drops axes has another rank than its region.
    guard region.sizes == own else { return nil }
    return part(of: producer.operands[0], context.shape(0), own, region)
  }

  private func part(
    of base: Value, _ baseShape: [Int], _ own: [Int], _ region: SliceRegion
  ) -> Part? {
    guard values.constant(base) == nil, region.count > 0, own.count <= shape.count else {
      return nil
    }
    let (offset, strides) = region.layout(in: baseShape)
    let leading = shape.count - own.count
    let broadcast = shape.indices.map { axis in
      axis < leading || (own[axis - leading] == 1 && shape[axis] != 1)
        ? 0 : strides[axis - leading]
    }
    return Part(value: base, strides: broadcast, offset: offset, isIndirect: true)
  }

  /// Appends a node; `producer` gives the nodes that take parts of arrays.
  mutating func append(_ node: Node, producer: (Value) -> Node?) -> Bool {
    let dtypes = node.operands.map { values.type(of: $0).dtype }
    let isConstant = node.operands.map { immediate($0) }
    let operands = node.operands.indices.map { index -> Source in
      if let source = sources[node.operands[index]] { return source }
      let others = node.operands.indices.contains { other in
        isConstant[other] == nil && dtypes[other] == dtypes[index]
      }
      if let number = isConstant[index], others { return .constant(number) }
      let operand = node.operands[index]
      return .part(number(of: partRead(operand, of: producer(operand))))
    }
    var expressions: [LaneExpression] = []
    switch node.op {
    case let op as any ElementwiseOp:
      expressions = [op.lanes(dtypes)]
    case is AddN:
      expressions = node.operands.indices.dropFirst().map { index in
        .apply(.add, index == 1 ? .operand(0) : .operand(-1), .operand(index))
      }
    default: return false
    }
    steps.append(Appended(expressions: expressions, operands: operands))
    sources[node.results[0]] = .step(steps.count - 1)
    return true
  }

  /// The number that a constant operand holds, if it is one and instructions can take it.
  private func immediate(_ value: Value) -> Double? {
    guard let constant = values.constant(value), constant.count == 1,
      constant.dtype != .bool
    else { return nil }
    let number = constant.converted(to: .float64).elements(as: Double.self)[0]
    guard constant.dtype == .int64 else { return number }
    return abs(number) < 0x1p52 ? number : nil
  }

  private mutating func number(of part: Part) -> Int {
    if let known = partNumbers[part] { return known }
    partNumbers[part] = parts.count
    parts.append(part)
    if part.isIndirect { readsParts = true }
    return parts.count - 1
  }

  /// Gives out a value of its own.
  mutating func addResult(_ value: Value) {
    let placement = TileResult(
      buffer: results.count, strides: ShapeArithmetic.rowMajorStrides(shape))
    results.append((value, [value], [placement]))
  }

  /// Gives out what a node joins.
  mutating func addJoint(_ node: Node) {
    let joined = values.type(of: node.results[0]).shape.known ?? []
    let axis = (node.op as? Concatenate).map { joined.normalized(axis: $0.axis) } ?? 0
    let strides = ShapeArithmetic.rowMajorStrides(joined)
    var position = 0
    let placements = node.operands.map { operand in
      defer { position += values.type(of: operand).shape[axis] ?? 0 }
      return TileResult(buffer: results.count, strides: strides, offset: position * strides[axis])
    }
    results.append((node.results[0], node.operands, placements))
  }

  /// The node; `nil` if its instructions cannot be put in one program.
  func node(origin: OperationID) -> Node? {
    let dtypes = parts.map { values.type(of: $0.value).dtype }
    var program = TileProgram(operandDTypes: dtypes)
    var places: [TileProgram.Source] = []
    func place(_ source: Source) -> TileProgram.Source {
      switch source {
      case .part(let index): .operand(index)
      case .constant(let number): .constant(BitPattern(number))
      case .step(let index): places[index]
      }
    }
    do {
      for step in steps {
        let operands = step.operands.map(place)
        var last: TileProgram.Source?
        for expression in step.expressions {
          last = try program.append(
            expression.replacingPrevious(operands.count),
            operands: operands + [last].compactMap(\.self))
        }
        guard let last else { return nil }
        places.append(last)
      }
    } catch { return nil }
    for result in results {
      for value in result.sources {
        guard let source = sources[value] else { return nil }
        program.results.append(place(source))
      }
    }
    guard program.results.allSatisfy({ program.dtype(of: $0) != nil }) else { return nil }
    let op = FusedElementwise(
      program: program, shape: shape,
      inputs: zip(parts, dtypes).map {
        TileOperand(dtype: $1, strides: $0.strides, offset: $0.offset)
      }, outputs: results.flatMap(\.placements), results: results.map { values.type(of: $0.value) })
    return Node(
      op: op, operands: parts.map(\.value), results: results.map(\.value), origin: origin)
  }
}

extension LaneExpression {
  /// The expression with the operand of index −1, the expression before, at index `index`.
  fileprivate func replacingPrevious(_ index: Int) -> LaneExpression {
    switch self {
    case .operand(-1): .operand(index)
    case .operand, .constant: self
    case .apply(let instruction, let arguments):
      .apply(instruction, arguments.map { $0.replacingPrevious(index) })
    }
  }
}
