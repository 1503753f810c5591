import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct PlanTests {
  private let options = PlanOptions(threads: 1, memoryLimit: nil, profile: false)

  @Test func runsStraightLinesAgainAndAgain() throws {
    let builder = ProgramBuilder()
    let (x, y) = (builder.input([3]), builder.input([3]))
    let sum = builder.root.sum(x, y)
    let product = builder.root.product(sum, builder.constant(floats([1, 2, 3])))
    let plan = try Plan.compile(builder.finish([product, sum]), options: options)
    let pool = WorkerPool(threads: 1)
    for round in 1...3 {
      let outputs = try run(plan, [floats([1, 2, 3]), floats([Float(round), 0, 1])], pool: pool)
      #expect(outputs[0] == floats([Float(1 + round), 4, 12]))
      #expect(outputs[1] == floats([Float(1 + round), 2, 4]))
    }
    #expect(plan.stepCount == 2)
    #expect(plan.inputs.map(\.source) == [.feed(ValueID(0)), .feed(ValueID(1))])
    #expect(plan.outputs == [TensorType(.float32, [3]), TensorType(.float32, [3])])
  }

  @Test func outputsMayBeInputsConstantsViewsOrTheSameTwice() throws {
    let builder = ProgramBuilder()
    let x = builder.input([2, 3])
    let constant = builder.constant(floats([7, 8, 9]))
    let row = builder.root.window(x, [3], offset: 3)
    let doubled = builder.root.affine(row, 2, 0)
    let program = builder.finish([
      x, constant, row, doubled, doubled, builder.root.window(doubled, [2], offset: 1),
      builder.root.window(constant, [1, 2], offset: 1),
    ])
    let outputs = try runPlan(program, [floats([1, 2, 3, 4, 5, 6], [2, 3])])
    #expect(
      outputs == [
        floats([1, 2, 3, 4, 5, 6], [2, 3]), floats([7, 8, 9]), floats([4, 5, 6]),
        floats([8, 10, 12]), floats([8, 10, 12]), floats([10, 12]), floats([8, 9], [1, 2]),
      ])
  }

  @Test func boundOutputsAreWrittenByTheirProducer() throws {
    let builder = ProgramBuilder()
    let x = builder.input([4])
    let computed = builder.root.affine(x, 2, 1)
    let shown = builder.root.window(builder.root.affine(computed, 1, 1), [2, 2])
    let program = builder.finish([computed], commits: [computed, x, shown])
    let plan = try Plan.compile(program, options: options)
    #expect(plan.fetchCount == 1)
    #expect(plan.commits == [VariableID(0), VariableID(1), VariableID(2)])
    let context = try plan.leaseContext()
    let input = floats([1, 2, 3, 4])
    let memory = (0..<4).map { _ in ArrayStorage(byteCount: 16) }
    context.bindInput(0, to: input.storage.pointer)
    context.bindOutput(0, to: memory[0].pointer)
    for index in 0..<3 { context.bindCommit(index, to: memory[index + 1].pointer) }
    try plan.execute(context, pool: WorkerPool(threads: 1))
    for (index, storage) in memory.enumerated() {
      #expect(context.outputPointer(index) == UnsafeRawPointer(storage.pointer))
    }
    let expected = [
      floats([3, 5, 7, 9]), floats([3, 5, 7, 9]), input, floats([4, 6, 8, 10], [2, 2]),
    ]
    for index in 0..<4 { #expect(output(index, of: context, .float32) == expected[index]) }
    // The next run binds nothing.
    plan.returnContext(context)
    #expect(try run(plan, [input], pool: WorkerPool(threads: 1)) == expected)
  }

  @Test func operandsAreOverwrittenOnlyIfNobodyNeedsThem() throws {
    let builder = ProgramBuilder()
    let root = builder.root
    let x = builder.input([3])
    let a = root.affine(x, 2, 0)
    let view = root.window(a, [2], offset: 1)
    let needed = root.sum(a, x)
    let afterView = root.affine(view, 1, 0)
    let b = root.affine(x, 3, 0)
    let overB = root.sum(b, x)
    let squared = root.sum(overB, overB)
    let overInput = root.sum(x, builder.constant(floats([1, 1, 1])))
    let last = root.sum(squared, overInput)
    let plan = try Plan.compile(
      builder.finish([root.affine(needed, 1, 0), afterView, root.affine(last, 1, 0)]),
      options: options)
    let sums = plan.rows.filter { $0.name == "WeightedSum" }
    #expect(sums.map(\.inPlaceOperand) == [nil, 0, nil, nil, 0])
    #expect(
      try run(plan, [floats([1, 2, 3])], pool: WorkerPool(threads: 1))
        == [floats([3, 6, 9]), floats([4, 6]), floats([10, 19, 28])])
  }

  @Test func memoryOfDeadValuesIsReused() throws {
    let builder = ProgramBuilder()
    var x = builder.input([1000])
    for _ in 0..<20 { x = builder.root.affine(x, 1, 1) }
    let plan = try Plan.compile(builder.finish([x]), options: options)
    // Two values and the scratch memory of one kernel.
    #expect(plan.arenaByteCount <= 3 * 4032 + 64)
    let zeros = NDArray(repeating: Float(0), shape: [1000])
    #expect(
      try run(plan, [zeros], pool: WorkerPool(threads: 1))
        == [NDArray(repeating: Float(20), shape: [1000])])
  }

  @Test func operandsOfWhichOnlyTheShapeMattersNeedNoProducer() throws {
    let builder = ProgramBuilder()
    let x = builder.input([2])
    let phantom = builder.value(TensorType(.float32, [2]))
    let ones = builder.root.insert(OnesLike(), [phantom])[0]
    #expect(
      try runPlan(builder.finish([builder.root.sum(x, ones)]), [floats([1, 2])]) == [
        floats([2, 3])
      ])
  }

  @Test func failuresAreThrownWithTheirPlace() throws {
    let builder = ProgramBuilder()
    let x = builder.input([4])
    let checked = builder.root.insert(RequireBelow(limit: 10), [x])[0]
    let again = builder.root.insert(RequireBelow(limit: 5), [checked])[0]
    let plan = try Plan.compile(builder.finish([again]), options: options)
    let pool = WorkerPool(threads: 1)
    #expect(try run(plan, [floats([1, 2, 3, 4])], pool: pool) == [floats([1, 2, 3, 4])])
    let error = #expect(throws: RunFailureError.self) {
      try run(plan, [floats([1, 7, 20, 30])], pool: pool)
    }
    #expect(error?.failure.location.operation == 0)
    #expect(error?.failure.row == 2)
    #expect(error?.failure.detail == 20)
    #expect(error?.failure.iterations == [])
    // The context that failed serves the next run.
    #expect(try run(plan, [floats([1, 2, 3, 4])], pool: pool) == [floats([1, 2, 3, 4])])
  }

  @Test func memoryThatCannotBeHadIsAnError() throws {
    let builder = ProgramBuilder()
    let x = builder.input(PartialShape(known: [1 << 24, 1 << 24]))
    let huge = try Plan.compile(builder.finish([builder.root.affine(x, 1, 0)]), options: options)
    let error = #expect(throws: PlanError.self) { try huge.leaseContext() }
    #expect(error?.description.contains("could not allocate") == true)

    let uncountable = ProgramBuilder()
    let y = uncountable.input(PartialShape(known: [1 << 40]))
    let pieces = uncountable.root.insert(Repeat(), [y])[0]
    #expect(throws: PlanError.self) {
      try Plan.compile(uncountable.finish([pieces]), options: options)
    }

    let limited = ProgramBuilder()
    let z = limited.input([1000])
    let program = limited.finish([limited.root.affine(z, 1, 0)])
    let small = try Plan.compile(
      program, options: PlanOptions(threads: 1, memoryLimit: 4096, profile: false))
    let limitError = #expect(throws: PlanError.self) { try small.leaseContext() }
    #expect(limitError?.description.contains("memory limit") == true)
  }

  /// 2⁴⁰ copies of the operand.
  private struct Repeat: Op {
    func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
      [TensorType(.float32, PartialShape(known: [1 << 40, 1 << 40]))]
    }
  }

  @Test func opsWithoutKernelNameThemselves() throws {
    let builder = ProgramBuilder()
    let x = builder.input([2])
    let result = builder.root.insert(Kernelless(), [x])[0]
    let error = #expect(throws: PlanError.self) {
      try Plan.compile(builder.finish([result]), options: options)
    }
    #expect(error?.description.contains("Kernelless") == true)
  }

  private struct Kernelless: Op {
    func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { operands.types }
  }

  @Test func contextsAreKeptForFurtherRuns() throws {
    let builder = ProgramBuilder()
    let x = builder.input([100])
    let plan = try Plan.compile(
      builder.finish([
        builder.root.sum(x, builder.constant(floats(Array(repeating: 1, count: 100))))
      ]),
      options: options)
    #expect(plan.retainedByteCount == 400)
    let contexts = try (0..<6).map { _ in try plan.leaseContext() }
    #expect(Set(contexts.map { ObjectIdentifier($0) }).count == 6)
    for context in contexts { plan.returnContext(context) }
    #expect(plan.retainedByteCount == 400 + 4 * plan.arenaByteCount)
    let again = try plan.leaseContext()
    #expect(contexts.contains { $0 === again })
  }

  @Test func profilesCountEveryStep() throws {
    let builder = ProgramBuilder()
    let x = builder.input([4])
    let y = builder.root.affine(x, 1, 1)
    let results = builder.root.loop(carried: [y], maximumIterations: 5) { region, values in
      [region.product(values.carried[0], region.affine(values.carried[0], 1, 0))]
    }
    let plan = try Plan.compile(
      builder.finish([results[0]]),
      options: PlanOptions(threads: 1, memoryLimit: nil, profile: true))
    let pool = WorkerPool(threads: 1)
    for _ in 0..<2 { _ = try run(plan, [floats([1, 2, 3, 4])], pool: pool) }
    #expect(plan.rows.map(\.kind) == [.kernel, .loop, .body, .kernel, .kernel])
    #expect(plan.rows.map(\.depth) == [0, 0, 1, 2, 2])
    #expect(plan.rows[1].tripCount == 5)
    #expect(plan.rows[1].kernelCount == 2)
    #expect(plan.times.steps.map(\.count) == [2, 2, 0, 10, 10])
    #expect(plan.times.steps[1].threadNanoseconds > 0)
  }
}
