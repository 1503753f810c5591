import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct LoopTests {
  /// Compiles, runs, compares with the reference, and returns the outputs.
  private func check(
    _ builder: ProgramBuilder, _ outputs: [Value], _ inputs: [NDArray] = [],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws -> [NDArray] {
    let program = builder.finish(outputs)
    let expected = try ReferenceInterpreter.run(program, inputs)
    let results = try runPlan(program, inputs, threads: 2)
    #expect(results == expected, sourceLocation: sourceLocation)
    return results
  }

  private func matrix(_ rows: Int, _ columns: Int) -> NDArray {
    floats((0..<rows * columns).map { Float($0) }, [rows, columns])
  }

  @Test(arguments: [0, 1, 2, 5]) func sumsScannedRows(length: Int) throws {
    let builder = ProgramBuilder()
    let (x, start) = (builder.input([length, 3] as PartialShape), builder.input([3]))
    let results = builder.root.loop(
      carried: [start], scans: [(x, ScanSpecification())], stacks: [ScanSpecification()]
    ) { region, values in
      let sum = region.sum(values.carried[0], values.slices[0])
      return [sum, sum]
    }
    let outputs = try check(builder, results, [matrix(length, 3), floats([1, 1, 1])])
    let column = Float(length * (length - 1) / 2 * 3)
    #expect(
      outputs[0]
        == floats([1 + column, 1 + column + Float(length), 1 + column + 2 * Float(length)]))
    #expect(outputs[2] == NDArray(Int64(length)))
  }

  @Test(arguments: [0, 1, 2, 3, 4]) func permutesCarriedValues(count: Int) throws {
    let builder = ProgramBuilder()
    let inputs = (0..<3).map { _ in builder.input([2]) }
    let results = builder.root.loop(carried: inputs, maximumIterations: count) { _, values in
      [values.carried[1], values.carried[2], values.carried[0]]
    }
    let arrays = (0..<3).map { floats([Float($0), Float($0) + 0.5]) }
    let outputs = try check(builder, results, arrays)
    for index in 0..<3 { #expect(outputs[index] == arrays[(index + count) % 3]) }
  }

  @Test(arguments: [0, 1, 2, 3])
  func carriesWhatTheBodyReturnsWithoutComputing(count: Int) throws {
    let builder = ProgramBuilder()
    let inputs = (0..<5).map { _ in builder.input([2]) }
    let invariant = builder.root.affine(inputs[4], 10, 0)
    let constant = builder.constant(floats([7, 8]))
    let results = builder.root.loop(
      carried: inputs, invariants: [invariant], maximumIterations: count
    ) { region, values in
      let shared = region.sum(values.carried[2], values.invariants[0])
      return [
        values.carried[0], values.invariants[0], shared, region.window(shared, [2]), constant,
      ]
    }
    // Something that would take over the memory of the invariant, were it free.
    let after = builder.root.sum(invariant, inputs[0])
    let arrays = (0..<5).map { floats([Float($0), Float($0) + 0.5]) }
    let outputs = try check(builder, results + [after], arrays)
    #expect(outputs[0] == arrays[0])
    if count > 0 {
      #expect(outputs[1] == floats([40, 45]))
      #expect(outputs[3] == outputs[2])
      #expect(outputs[4] == floats([7, 8]))
    }
  }

  @Test func slicesAlongEveryAxisBothWays() throws {
    for axis in 0...2 {
      for isReversed in [false, true] {
        for stackAxis in 0...2 {
          let builder = ProgramBuilder()
          let shape = [2, 3, 4]
          var sliceShape = shape
          sliceShape.remove(at: axis)
          let x = builder.input(PartialShape(known: shape))
          let specification = ScanSpecification(axis: axis, reversed: isReversed)
          let results = builder.root.loop(
            scans: [(x, specification)],
            stacks: [
              ScanSpecification(axis: stackAxis),
              ScanSpecification(axis: stackAxis, reversed: true),
              specification,
            ]
          ) { region, values in
            let y = region.affine(values.slices[0], 2, 1)
            return [y, y, values.slices[0]]
          }
          let input = floats((0..<24).map { Float($0) }, shape)
          let outputs = try check(builder, results, [input])
          #expect(outputs[2] == input)
        }
      }
    }
  }

  @Test(arguments: [0, 1, 3, 5, 9]) func anchorsScansAtTheTripCount(bound: Int64) throws {
    let builder = ProgramBuilder()
    let x = builder.input([5, 2])
    let limit = builder.input(TensorType(.int64, []))
    let anchored = ScanSpecification(reversed: true, anchoredAtTripCount: true)
    let tail = ScanSpecification(anchoredAtTripCount: true)
    let results = builder.root.loop(
      scans: [(x, anchored), (x, tail)], stacks: [anchored, tail, ScanSpecification()],
      bound: limit
    ) { region, values in
      [
        region.affine(values.slices[0], 1, 100), values.slices[1],
        region.sum(values.slices[0], values.slices[1]),
      ]
    }
    let outputs = try check(builder, results, [matrix(5, 2), NDArray(bound)])
    let count = Int(min(bound, 5))
    #expect(outputs[3] == NDArray(Int64(count)))
    let expected = (0..<10).map { $0 < 2 * count ? Float($0) + 100 : 0 }
    #expect(outputs[0] == floats(expected, [5, 2]))
  }

  @Test(arguments: [0, 1, 2, 4]) func stopsEarlyAndLeavesZeros(stop: Int) throws {
    let builder = ProgramBuilder()
    let (x, end) = (builder.input([4, 2]), builder.input([]))
    for axis in [0, 1] {
      let results = builder.root.loop(
        carried: [builder.constant(floats([0, 0]))], scans: [(x, ScanSpecification())],
        invariants: [end],
        stacks: [ScanSpecification(axis: axis), ScanSpecification(axis: axis, reversed: true)],
        while: { region, values in
          region.isLess(region.insert(ToFloat(), [values.iteration])[0], values.invariants[0])
        },
        do: { region, values in
          let sum = region.sum(values.carried[0], values.slices[0])
          return [sum, sum, region.affine(sum, 1, 1)]
        })
      let ones = NDArray(repeating: Float(1), shape: [4, 2])
      let outputs = try check(builder, results, [ones, NDArray(Float(stop))])
      #expect(outputs[3] == NDArray(Int64(stop)))
      #expect(outputs[0] == floats([Float(stop), Float(stop)]))
      if axis == 0 {
        #expect(
          outputs[1] == floats((0..<8).map { $0 / 2 < stop ? Float($0 / 2 + 1) : 0 }, [4, 2]))
      }
    }
  }

  @Test func updatesSumsInPlaceWhereNothingElseSeesThem() throws {
    let builder = ProgramBuilder()
    let (x, start) = (builder.input([6, 500]), builder.input([500]))
    let results = builder.root.loop(
      carried: [start, start], scans: [(x, ScanSpecification())]
    ) { region, values in
      let alone = region.sum(values.carried[0], values.slices[0])
      let seen = region.sum(values.carried[1], values.slices[0])
      return [alone, region.sum(seen, values.carried[1])]
    }
    let outputs = try check(
      builder, [results[0], results[1], start],
      [matrix(6, 500), NDArray(repeating: Float(1), shape: [500])])
    #expect(outputs[2] == NDArray(repeating: Float(1), shape: [500]))
    let plan = try Plan.compile(
      builder.finish([results[0]]),
      options: PlanOptions(threads: 1, memoryLimit: nil, profile: false)
    )
    #expect(plan.rows.first { $0.name == "WeightedSum" }?.inPlaceOperand == 0)
    // One buffer for the first sum, two for the second, one for what lives in the body.
    #expect(plan.arenaByteCount <= 4 * 2048 + 4 * 64)
  }

  @Test func updatesNothingInPlaceThatIsReadLater() throws {
    let builder = ProgramBuilder()
    let (x, start) = (builder.input([4, 3]), builder.input([3]))
    let results = builder.root.loop(
      carried: [start, start, start, start], scans: [(x, ScanSpecification())],
      stacks: [ScanSpecification()]
    ) { region, values in
      let carried = values.carried
      let readLater = region.sum(carried[0], values.slices[0])
      let view = region.window(carried[1], [2], offset: 1)
      let seenThroughView = region.sum(carried[1], values.slices[0])
      let handedOn = region.sum(carried[2], values.slices[0])
      let late = region.sum(region.affine(carried[0], 2, 0), region.affine(carried[3], 1, 0))
      let part = region.window(late, [2])
      return [
        readLater, seenThroughView, handedOn, carried[2],
        region.sum(part, region.affine(view, 1, 0)),
      ]
    }
    _ = try check(builder, results, [matrix(4, 3), floats([1, 2, 3])])
  }

  @Test(arguments: [0, 1, 4]) func carriesThatShareAResultAreNotOverwritten(bound: Int64) throws {
    let builder = ProgramBuilder()
    let (x, start, other) = (builder.input([4, 3]), builder.input([3]), builder.input([3]))
    let limit = builder.input(TensorType(.int64, []))
    let results = builder.root.loop(
      carried: [start, other, other, start], scans: [(x, ScanSpecification())],
      stacks: [ScanSpecification(axis: 1), ScanSpecification()], bound: limit
    ) { region, values in
      let next = region.sum(values.carried[0], values.slices[0])
      let stacked = region.product(values.carried[2], values.slices[0])
      return [next, next, stacked, stacked, region.affine(values.carried[1], 1, 0), stacked]
    }
    _ = try check(
      builder, results,
      [matrix(4, 3), floats([1, 2, 3]), floats([4, 5, 6]), NDArray(bound)])
  }

  @Test func conditionsKeepTheirResultUntilItIsRead() throws {
    let builder = ProgramBuilder()
    let x = builder.input([16])
    let results = builder.root.loop(
      carried: [x], maximumIterations: 3,
      while: { region, values in
        let isLess = region.isLess(values.carried[0], builder.constant(NDArray(Float(100))))
        let other = region.affine(values.carried[0], 0, 0)
        region.insert(RequireBelow(limit: 1), [region.sum(other, other)])
        return isLess
      },
      do: { region, values in [region.affine(values.carried[0], 2, 0)] })
    let outputs = try check(builder, results, [NDArray(repeating: Float(1), shape: [16])])
    #expect(outputs[1] == NDArray(Int64(3)))
  }

  @Test func nestsLoops() throws {
    let builder = ProgramBuilder()
    let (x, weight) = (builder.input([3, 4, 2]), builder.input([2]))
    let scaled = builder.root.affine(weight, 2, 0)
    let results = builder.root.loop(
      carried: [weight], scans: [(x, ScanSpecification(reversed: true))], invariants: [scaled],
      stacks: [ScanSpecification(), ScanSpecification(axis: 1), ScanSpecification()]
    ) { outer, values in
      let inner = outer.loop(
        carried: [values.carried[0]], scans: [(values.slices[0], ScanSpecification())],
        invariants: [values.invariants[0], values.carried[0]],
        stacks: [ScanSpecification(), ScanSpecification(reversed: true)]
      ) { region, values in
        let next = region.insert(
          WeightedSum(a: 0.5, b: 1), [values.carried[0], values.slices[0]])[0]
        return [next, next, region.product(values.invariants[0], values.invariants[1])]
      }
      return [outer.mean(inner[0], values.carried[0]), inner[1], inner[2], inner[0]]
    }
    _ = try check(
      builder, results, [floats((0..<24).map { Float($0) }, [3, 4, 2]), floats([1, -1])])
  }

  @Test func tellsTheIterationOfAFailure() throws {
    let builder = ProgramBuilder()
    let x = builder.input([6])
    let results = builder.root.loop(
      scans: [(x, ScanSpecification())], stacks: [ScanSpecification()]
    ) {
      outer, values in
      let inner = outer.loop(carried: [values.slices[0]], maximumIterations: 3) { region, values in
        [region.affine(values.carried[0], 1, 1)]
      }
      return [outer.insert(RequireBelow(limit: 10), [inner[0]])[0]]
    }
    let error = #expect(throws: RunFailureError.self) {
      try runPlan(builder.finish([results[0]]), [floats([1, 2, 3, 8, 9, 20])])
    }
    #expect(error?.failure.iterations == [3])
    #expect(error?.failure.detail == 11)
  }

  @Test func resultsOfLoopsStayWhileTheyAreNeeded() throws {
    let builder = ProgramBuilder()
    let x = builder.input([3, 4])
    let results = builder.root.loop(
      carried: [builder.constant(floats([0, 0, 0, 0]))], scans: [(x, ScanSpecification())],
      stacks: [ScanSpecification()]
    ) { region, values in
      let sum = region.sum(values.carried[0], values.slices[0])
      return [sum, sum]
    }
    // The carried result is the last row of the stack, whose memory the sum would like to have.
    let over = builder.root.sum(results[1], x)
    let last = builder.root.affine(results[0], 1, 0)
    let overLast = builder.root.sum(results[0], last)
    _ = try check(
      builder, [builder.root.affine(over, 1, 0), overLast], [matrix(3, 4)])
  }
}
