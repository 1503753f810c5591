import JacquardArrays

@testable import Jacquard

/// Writes programs by hand.
final class ProgramBuilder {
  private(set) var program = Program()
  private(set) lazy var root = RegionBuilder(self)
  private var operationCount = 0

  func value(_ type: TensorType) -> Value { program.addValue(type) }

  func constant(_ array: NDArray) -> Value {
    program.addValue(TensorType(of: array), constant: array)
  }

  func type(of value: Value) -> TensorType { program.type(of: value) }

  func nextOperation() -> OperationID {
    defer { operationCount += 1 }
    return OperationID(operationCount)
  }

  /// A root parameter.
  func input(_ type: TensorType) -> Value {
    program.inputs.append(.feed(ValueID(program.inputs.count)))
    return root.parameter(type)
  }

  func input(_ shape: PartialShape) -> Value { input(TensorType(.float32, shape)) }

  /// The program that gives `fetches`, and commits `commits` to variables 0, 1, ….
  func finish(_ fetches: [Value], commits: [Value] = []) -> Program {
    root.block.results = fetches + commits
    program.root = root.block
    program.fetchCount = fetches.count
    program.commits = commits.indices.map { VariableID($0) }
    return program
  }
}

/// Writes one region of a program.
final class RegionBuilder {
  unowned let owner: ProgramBuilder
  var block = Block()

  init(_ owner: ProgramBuilder) { self.owner = owner }

  func parameter(_ type: TensorType) -> Value {
    let value = owner.value(type)
    block.parameters.append(value)
    return value
  }

  @discardableResult
  func insert(_ op: any Op, _ operands: [Value], regions: [RegionBuilder] = []) -> [Value] {
    let signatures = regions.map { region in
      RegionSignature(
        parameters: region.block.parameters.map { owner.type(of: $0) },
        results: region.block.results.map { owner.type(of: $0) })
    }
    let input = TypeRuleInput(operands.map { owner.type(of: $0) }, regions: signatures)
    guard let types = try? op.resultTypes(input) else { preconditionFailure("\(op) does not fit") }
    let results = types.map { owner.value($0) }
    block.nodes.append(
      Node(
        op: op, operands: operands, results: results, regions: regions.map(\.block),
        origin: owner.nextOperation()))
    return results
  }

  func sum(_ x: Value, _ y: Value) -> Value { insert(WeightedSum(), [x, y])[0] }
  func mean(_ x: Value, _ y: Value) -> Value { insert(WeightedSum(a: 0.5, b: 0.5), [x, y])[0] }
  func product(_ x: Value, _ y: Value) -> Value { insert(ChunkedProduct(), [x, y])[0] }
  func affine(_ x: Value, _ factor: Double, _ shift: Double) -> Value {
    insert(Affine(factor: BitPattern(factor), shift: BitPattern(shift)), [x])[0]
  }
  func window(_ x: Value, _ shape: [Int], offset: Int = 0) -> Value {
    insert(Window(shape: shape, offset: offset), [x])[0]
  }
  func isLess(_ x: Value, _ y: Value) -> Value { insert(FirstIsLess(), [x, y])[0] }

  /// A conditional; the branches are given the captures.
  func conditional(
    _ predicate: Value, _ captures: [Value],
    ifTrue: (RegionBuilder, [Value]) -> [Value], ifFalse: (RegionBuilder, [Value]) -> [Value]
  ) -> [Value] {
    insert(
      Conditional(captureCount: captures.count), [predicate] + captures,
      regions: [branch(captures, ifTrue), branch(captures, ifFalse)])
  }

  private func branch(
    _ captures: [Value], _ write: (RegionBuilder, [Value]) -> [Value]
  ) -> RegionBuilder {
    let region = RegionBuilder(owner)
    let parameters = captures.map { region.parameter(owner.type(of: $0)) }
    region.block.results = write(region, parameters)
    return region
  }

  /// A loop; its regions are given what they see.
  func loop(
    carried: [Value] = [], scans: [(Value, ScanSpecification)] = [], invariants: [Value] = [],
    stacks: [ScanSpecification] = [], bound: Value? = nil, maximumIterations: Int? = nil,
    while condition: ((RegionBuilder, LoopValues) -> Value)? = nil,
    do body: (RegionBuilder, LoopValues) -> [Value]
  ) -> [Value] {
    let op = While(
      carriedCount: carried.count, scans: scans.map(\.1), invariantCount: invariants.count,
      stacks: stacks, hasCondition: condition != nil, hasBound: bound != nil,
      maximumIterations: maximumIterations, parallelIterations: 1, swapMemory: false)
    var regions: [RegionBuilder] = []
    if let condition {
      let region = RegionBuilder(owner)
      let values = region.loopParameters(carried: carried, scans: [], invariants: invariants)
      region.block.results = [condition(region, values)]
      regions.append(region)
    }
    let region = RegionBuilder(owner)
    let values = region.loopParameters(carried: carried, scans: scans, invariants: invariants)
    region.block.results = body(region, values)
    regions.append(region)
    let operands = carried + scans.map(\.0) + invariants + (bound.map { [$0] } ?? [])
    return insert(op, operands, regions: regions)
  }

  private func loopParameters(
    carried: [Value], scans: [(Value, ScanSpecification)], invariants: [Value]
  ) -> LoopValues {
    LoopValues(
      iteration: parameter(TensorType(.int64, [])),
      carried: carried.map { parameter(owner.type(of: $0)) },
      slices: scans.map { value, specification in
        var type = owner.type(of: value)
        type.shape.dimensions?.remove(at: specification.axis)
        return parameter(type)
      },
      invariants: invariants.map { parameter(owner.type(of: $0)) })
  }
}

/// What a region of a loop sees.
struct LoopValues {
  var iteration: Value
  var carried: [Value]
  var slices: [Value]
  var invariants: [Value]
}
