import JacquardArrays
import Testing

@testable import Jacquard

/// Random programs give the same bits with planned memory as where every value has memory of its own.
@Suite struct RandomProgramTests {
  @Test(arguments: 0..<400) func planEqualsReference(seed: UInt64) throws {
    var writer = RandomProgramWriter(seed: seed)
    let (program, inputs) = writer.write()
    let expected = try ReferenceInterpreter.run(program, inputs)
    let plan = try Plan.compile(
      program, options: PlanOptions(threads: 2, memoryLimit: nil, profile: seed.isMultiple(of: 5)))
    let pool = WorkerPool(threads: 2)
    for _ in 0..<2 {
      let outputs = try run(plan, inputs, pool: pool)
      #expect(outputs == expected)
    }
    let bound = try runBound(plan, inputs, pool: pool, seed: seed)
    #expect(bound == expected)
  }

  /// Runs with some outputs bound to memory of the caller's.
  private func runBound(
    _ plan: Plan, _ inputs: [NDArray], pool: WorkerPool, seed: UInt64
  ) throws -> [NDArray] {
    var random = SplitMix(seed: seed ^ 0xABCD)
    let context = try plan.leaseContext()
    defer { plan.returnContext(context) }
    let memory = plan.outputs.map { ArrayStorage(byteCount: $0.byteCount ?? 0) }
    return try withExtendedLifetime((inputs, memory)) {
      for (index, input) in inputs.enumerated() {
        context.bindInput(index, to: input.storage.pointer)
      }
      for index in plan.outputs.indices where Bool.random(using: &random) {
        context.bindOutput(index, to: memory[index].pointer)
      }
      try plan.execute(context, pool: pool)
      return plan.outputs.enumerated().map { output($0, of: context, $1.dtype) }
    }
  }
}

/// Writes programs of elementwise ops, views, loops and conditionals, nested up to two deep.
private struct RandomProgramWriter {
  private var random: SplitMix
  private let builder = ProgramBuilder()
  private static let shapes: [[Int]] = [[6], [2, 3], [3, 2], [3], []]

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  mutating func write() -> (Program, [NDArray]) {
    var inputs: [NDArray] = []
    var values: [Value] = []
    for shape in Self.shapes {
      let count = shape.reduce(1, *)
      inputs.append(
        floats((0..<count).map { _ in Float.random(in: -1...1, using: &random) }, shape))
      values.append(builder.input(PartialShape(known: shape)))
    }
    values += addNodes(to: builder.root, seeing: values, depth: 0)
    let outputs = (0..<Int.random(in: 1...5, using: &random)).map { _ in pick(values) }
    return (builder.finish(outputs), inputs)
  }

  private mutating func pick(_ values: [Value]) -> Value {
    let values = values.filter { !shape($0).contains(0) }
    // Mostly recent values, so that chains form.
    let recent = values.suffix(6)
    return Bool.random(using: &random)
      ? recent.randomElement(using: &random)! : values.randomElement(using: &random)!
  }

  private mutating func pick(_ values: [Value], shape: [Int]) -> Value {
    let matching = values.filter { self.shape($0) == shape }
    if let value = matching.randomElement(using: &random) { return value }
    let count = shape.reduce(1, *)
    return builder.constant(
      floats((0..<count).map { _ in Float.random(in: -1...1, using: &random) }, shape))
  }

  private func shape(_ value: Value) -> [Int] { builder.type(of: value).shape.known! }

  /// Adds nodes to a region, and returns their results.
  private mutating func addNodes(
    to region: RegionBuilder, seeing visible: [Value], depth: Int
  ) -> [Value] {
    var values = visible
    for _ in 0..<Int.random(in: 2...(depth == 0 ? 12 : 5), using: &random) {
      values += addNode(to: region, seeing: values, depth: depth)
    }
    return Array(values.dropFirst(visible.count))
  }

  private mutating func addNode(
    to region: RegionBuilder, seeing values: [Value], depth: Int
  ) -> [Value] {
    let x = pick(values)
    let count = shape(x).reduce(1, *)
    switch Int.random(in: 0..<(depth < 2 ? 10 : 8), using: &random) {
    case 0...2: return [region.mean(x, pick(values, shape: shape(x)))]
    case 3: return [region.product(x, pick(values, shape: shape(x)))]
    case 4: return [region.affine(x, Double.random(in: -1...1, using: &random), 0.25)]
    case 5 where count >= 3:
      return [region.window(x, [3], offset: Int.random(in: 0...count - 3, using: &random))]
    case 5, 6:
      return [
        region.window(
          x, count == 6 ? [[6], [2, 3], [3, 2]][Int.random(in: 0..<3, using: &random)] : shape(x))
      ]
    case 7: return [region.window(x, [], offset: count - 1)]
    case 8: return addLoop(to: region, seeing: values, depth: depth)
    default: return addConditional(to: region, seeing: values, depth: depth)
    }
  }

  private mutating func addConditional(
    to region: RegionBuilder, seeing values: [Value], depth: Int
  ) -> [Value] {
    let predicate = region.isLess(pick(values), pick(values))
    let captures = (0..<3).map { _ in pick(values) }
    let shapes = (0..<2).map { _ in Self.shapes.randomElement(using: &random)! }
    var writer = self
    let results = region.conditional(
      predicate, captures,
      ifTrue: { writer.writeResults($0, seeing: $1, shapes: shapes, depth: depth) },
      ifFalse: { writer.writeResults($0, seeing: $1, shapes: shapes, depth: depth) })
    self = writer
    return results
  }

  private mutating func writeResults(
    _ region: RegionBuilder, seeing visible: [Value], shapes: [[Int]], depth: Int
  ) -> [Value] {
    let values = visible + addNodes(to: region, seeing: visible, depth: depth + 1)
    return shapes.map { pick(values, shape: $0) }
  }

  private mutating func addLoop(
    to region: RegionBuilder, seeing values: [Value], depth: Int
  ) -> [Value] {
    let carried = (0..<Int.random(in: 0...3, using: &random)).map { _ in pick(values) }
    let invariants = (0..<2).map { _ in pick(values) }
    var scans: [(Value, ScanSpecification)] = []
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      let shape = [[3], [3, 2]].randomElement(using: &random)!
      scans.append((pick(values, shape: shape), specification(axis: 0)))
    }
    if Bool.random(using: &random) {
      scans.append((pick(values, shape: [2, 3]), specification(axis: 1)))
    }
    let sliceShapes = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      Self.shapes.randomElement(using: &random)!
    }
    let stacks = sliceShapes.map { shape in
      specification(axis: Int.random(in: 0...shape.count, using: &random))
    }
    let shapes = carried.map { shape($0) } + sliceShapes
    let threshold = Double.random(in: -1...3, using: &random)
    let isConditional = Bool.random(using: &random)
    var writer = self
    let condition: (RegionBuilder, LoopValues) -> Value = { region, values in
      let iteration = region.insert(ToFloat(), [values.iteration])[0]
      let limit = region.affine(values.invariants[0], 1, threshold)
      return region.isLess(iteration, limit)
    }
    let results = region.loop(
      carried: carried, scans: isConditional ? scans.filter { !$0.1.anchoredAtTripCount } : scans,
      invariants: invariants,
      stacks: isConditional
        ? stacks.map { ScanSpecification(axis: $0.axis, reversed: $0.reversed) } : stacks,
      maximumIterations: Int.random(in: 0...4, using: &random),
      while: isConditional ? condition : nil
    ) { body, values in
      let visible = values.carried + values.slices + values.invariants
      return writer.writeResults(
        body, seeing: visible + [body.insert(ToFloat(), [values.iteration])[0]], shapes: shapes,
        depth: depth)
    }
    self = writer
    return Array(results.dropLast())
  }

  private mutating func specification(axis: Int) -> ScanSpecification {
    ScanSpecification(
      axis: axis, reversed: Bool.random(using: &random),
      anchoredAtTripCount: Bool.random(using: &random))
  }
}
