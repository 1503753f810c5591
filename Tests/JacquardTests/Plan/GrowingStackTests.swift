import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct GrowingStackTests {
  /// Doubles a vector until its first element reaches `limit`, stacking what it meets.
  private func doubling(
    _ region: RegionBuilder, _ start: Value, _ limit: Value, stacks: [ScanSpecification]
  ) -> [Value] {
    region.loop(
      carried: [start], invariants: [limit], stacks: stacks,
      while: { region, values in region.isLess(values.carried[0], values.invariants[0]) },
      do: { region, values in
        [region.affine(values.carried[0], 2, 0)] + stacks.map { _ in values.carried[0] }
      })
  }

  @Test func fetchesStacksWhoseLengthOnlyTheRunKnows() throws {
    let builder = ProgramBuilder()
    let (x, limit) = (builder.input([2]), builder.input([]))
    let results = doubling(
      builder.root, x, limit, stacks: [ScanSpecification(), ScanSpecification(reversed: true)])
    let program = builder.finish(results)
    #expect(program.type(of: results[1]).shape == [nil, 2])
    let plan = try Plan.compile(
      program, options: PlanOptions(threads: 1, memoryLimit: nil, profile: false))
    let pool = WorkerPool(threads: 1)
    for end in [8, 1, 1000, 0, 1_000_000, 5] {
      let inputs = [floats([1, 3]), NDArray(Float(end))]
      let outputs = try run(plan, inputs, pool: pool)
      #expect(outputs == (try ReferenceInterpreter.run(program, inputs)))
    }
    let outputs = try run(plan, [floats([1, 3]), NDArray(Float(8))], pool: pool)
    #expect(outputs[1] == floats([1, 3, 2, 6, 4, 12], [3, 2]))
    #expect(outputs[2] == floats([4, 12, 2, 6, 1, 3], [3, 2]))
    #expect(outputs[3] == NDArray(Int64(3)))
  }

  @Test func laterLoopsConsumeThem() throws {
    let builder = ProgramBuilder()
    let (x, limit) = (builder.input([2]), builder.input([]))
    let first = doubling(builder.root, x, limit, stacks: [ScanSpecification()])
    let second = builder.root.loop(
      carried: [x], scans: [(first[1], ScanSpecification(reversed: true))],
      stacks: [ScanSpecification(reversed: true), ScanSpecification()]
    ) { region, values in
      let sum = region.sum(values.carried[0], values.slices[0])
      return [sum, sum, region.affine(values.slices[0], -1, 0)]
    }
    let program = builder.finish(second)
    for end in [0, 2, 500] {
      let inputs = [floats([1, 3]), NDArray(Float(end))]
      #expect(try runPlan(program, inputs) == ReferenceInterpreter.run(program, inputs))
    }
  }

  @Test func loopsInLoopsGrowThemAnew() throws {
    let builder = ProgramBuilder()
    let (x, limits) = (builder.input([2]), builder.input([4, 1]))
    let outer = builder.root.loop(
      carried: [x], scans: [(limits, ScanSpecification())], invariants: [x],
      stacks: [ScanSpecification()]
    ) { region, values in
      let first = doubling(
        region, values.invariants[0], values.slices[0], stacks: [ScanSpecification()])
      let second = region.loop(
        carried: [values.carried[0]], scans: [(first[1], ScanSpecification())]
      ) { region, values in [region.sum(values.carried[0], values.slices[0])] }
      return [second[0], second[0]]
    }
    let program = builder.finish(outer)
    let inputs = [floats([1, 3]), floats([4, 100, 1, 9], [4, 1])]
    #expect(try runPlan(program, inputs) == ReferenceInterpreter.run(program, inputs))
  }

  @Test func countsAreKnownBeforehandWhereNothingButABoundStopsTheLoop() throws {
    let builder = ProgramBuilder()
    let (x, bound) = (builder.input([2]), builder.input(TensorType(.int64, [])))
    let results = builder.root.loop(
      carried: [x], stacks: [ScanSpecification(reversed: true, anchoredAtTripCount: true)],
      bound: bound
    ) { region, values in
      let next = region.affine(values.carried[0], 2, 0)
      return [next, next]
    }
    let program = builder.finish(results)
    for count in [0, 1, 70] {
      let inputs = [floats([1, 3]), NDArray(Int64(count))]
      #expect(try runPlan(program, inputs) == ReferenceInterpreter.run(program, inputs))
    }
  }

  @Test func memoryTheyCannotHaveIsAFailure() throws {
    let builder = ProgramBuilder()
    let (x, limit) = (builder.input([2]), builder.input([]))
    let results = doubling(builder.root, x, limit, stacks: [ScanSpecification()])
    let error = #expect(throws: RunFailureError.self) {
      // Without a limit to reach it would double for ever.
      try runPlan(
        builder.finish([results[1]]), [floats([0, 1]), NDArray(Float(1))], memoryLimit: 1 << 20)
    }
    #expect(error?.failure.code == .outOfMemory)
  }

  @Test func otherOpsCannotTakeThem() throws {
    let builder = ProgramBuilder()
    let (x, limit) = (builder.input([2]), builder.input([]))
    let results = doubling(builder.root, x, limit, stacks: [ScanSpecification()])
    let copy = builder.root.affine(results[1], 1, 0)
    let error = #expect(throws: PlanError.self) { try runPlan(builder.finish([copy])) }
    #expect(error?.description.contains("Affine") == true)
  }
}
