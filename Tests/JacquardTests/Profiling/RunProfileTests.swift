import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Profiles of runs") struct RunProfileTests {
  @Test func productsCountTwoOperationsForEachPair() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [5, 3], name: "x")
    let y = graph.placeholder(.float64, [2, 4, 6], name: "y")
    let feeds: Feeds = [x: NDArray.ones(.float32, [5, 3]), y: NDArray.ones(.float64, [2, 4, 6])]
    let product = matmul(x, x, transposeB: true)
    let batched = matmul(y, y, transposeA: true)
    let profile = try Session(graph).profile(product, batched, feeding: feeds, runs: 2)
    let steps = profile.steps.filter { $0.role == .kernel }
    #expect(steps.map(\.name) == ["MatMul", "MatMul"])
    #expect(steps.map(\.part) == [.matrixProducts, .matrixProducts])
    #expect(steps.map(\.floatingPointOperations) == [2 * 5 * 3 * 5, 2 * 2 * 6 * 4 * 6])
    #expect(steps.map(\.bytesRead) == [2 * 15 * 4, 2 * 48 * 8])
    #expect(steps.map(\.bytesWritten) == [25 * 4, 72 * 8])
    #expect(steps.map(\.executions) == [2, 2])
    #expect(profile.runs == 2)
  }

  @Test func fusedKernelsCountEachInstructionAndReadWhatBroadcastsOnce() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [4, 8], name: "x")
    let row = graph.placeholder(.float32, [8], name: "row")
    let y = tanh(x * row + 1)
    let feeds: Feeds = [x: NDArray.ones(.float32, [4, 8]), row: NDArray.ones(.float32, [8])]
    let profile = try Session(graph).profile(y, feeding: feeds, runs: 1)
    let kernel = try #require(profile.steps.first { $0.role == .kernel })
    #expect(profile.kernelCount == 1)
    #expect(kernel.name == "Fused: multiply, add, tanh")
    #expect(kernel.floatingPointOperations == 3 * 32)
    #expect(kernel.bytesRead == (32 + 8) * 4)
    #expect(kernel.bytesWritten == 32 * 4)
    #expect(kernel.part == .elementwise)
  }

  @Test func otherKernelsCountWhatTheyTouch() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [100, 6], name: "x")
    let picked = x.gathered(at: graph.constant([7, 3], dtype: .int32))
    let turned = x.transposed()
    let sums = x.sum(along: [1])
    let profile = try Session(graph).profile(
      picked, turned, sums, feeding: [x: NDArray.ones(.float32, [100, 6])], runs: 1)
    func step(_ name: String) throws -> RunProfile.Step {
      try #require(profile.steps.first { $0.name == name && $0.role == .kernel })
    }
    let gather = try step("Gather")
    #expect(gather.bytesRead == 2 * 6 * 4 + 2 * 4 && gather.bytesWritten == 2 * 6 * 4)
    #expect(gather.part == .copies && gather.floatingPointOperations == 0)
    let transpose = try step("Transpose")
    #expect(transpose.bytesRead == 2400 && transpose.bytesWritten == 2400)
    let sum = try step("Sum")
    #expect(sum.part == .reductions && sum.floatingPointOperations == 100 * 5)
    #expect(sum.bytesRead == 2400 && sum.bytesWritten == 400)
  }

  @Test(arguments: [1, 2, 3]) func loopBodiesCountEachIteration(threads: Int) throws {
    let fixture = ProfilingFixture()
    let session = try fixture.session(threads: threads)
    let profile = try session.profile(fixture.train, feeding: fixture.feeds, runs: 3)
    let loops = profile.steps.filter { $0.role == .loop }
    #expect(loops.count == 2)
    #expect(loops.allSatisfy { $0.iterations == 28 && $0.executions == 3 })
    let nested = profile.steps.filter { $0.role == .kernel && $0.depth == 2 }
    #expect(nested.count >= 3)
    #expect(nested.allSatisfy { $0.executionsPerRun == 28 && $0.executions == 3 * 28 })
    #expect(nested.allSatisfy { $0.threadNanoseconds > 0 })
    let product = try #require(nested.first { $0.part == .matrixProducts })
    let (rows, units) = (ProfilingFixture.rows, ProfilingFixture.units)
    // The packed product adds x on the way.
    let added = product.name == "PackedMatMul" ? rows * units : 0
    #expect(product.floatingPointOperations == 2 * rows * units * units + added)
    if product.name == "PackedMatMul" { #expect(loops.allSatisfy { $0.dividesRows }) }
  }

  @Test(arguments: [1, 2, 4]) func partsAddUpToTheTimeOfARun(threads: Int) throws {
    let fixture = ProfilingFixture()
    let profile = try fixture.session(threads: threads).profile(
      fixture.train, feeding: fixture.feeds, runs: 5)
    let shares = profile.shares
    #expect(profile.nanoseconds > 0 && profile.threads == threads)
    #expect(shares.reduce(0) { $0 + $1.nanoseconds } == profile.nanoseconds)
    #expect(abs(shares.reduce(0) { $0 + $1.fraction } - 1) < 1e-9)
    let parts = shares.map(\.part)
    #expect(parts.contains(.matrixProducts) && parts.contains(.updates))
    #expect(parts.contains(.session) && parts.contains(.loops))
    for step in profile.steps {
      #expect(step.nanoseconds >= step.waitNanoseconds && step.waitNanoseconds >= 0)
      #expect(step.threadNanoseconds >= 0)
    }
    #expect(profile.busyThreads > 0 && profile.busyThreads < Double(threads) + 0.01)
    let operations = shares.reduce(0) { $0 + $1.floatingPointOperations }
    let expected = profile.steps.filter { $0.role == .kernel }
      .reduce(0) { $0 + 5 * $1.executionsPerRun! * $1.floatingPointOperations }
    #expect(operations == expected)
  }

  @Test(arguments: [1, 3]) func profilingChangesNoBit(threads: Int) throws {
    let fixture = ProfilingFixture()
    var losses: [[NDArray]] = []
    for isProfiling in [false, true] {
      let session = try fixture.session(threads: threads, isProfiling: isProfiling)
      losses.append(
        try (0..<3).map { _ in
          try session.run(fixture.loss, fixture.train, feeding: fixture.feeds).0
        })
    }
    let recorded = try fixture.session(threads: threads)
    _ = try recorded.profile(fixture.train, feeding: fixture.feeds, runs: 1)
    let loss: NDArray = try recorded.run(fixture.loss, feeding: fixture.feeds)
    #expect(losses[0] == losses[1])
    #expect(loss == losses[0][2], "one run ahead, one profiled")
  }

  @Test func explainShowsTheRunsOfTheSession() throws {
    let fixture = ProfilingFixture()
    let session = try fixture.session(isProfiling: true)
    let before = try session.explain(fixture.train, feeding: fixture.feeds)
    #expect(!before.contains("GFLOP/s"))
    for _ in 0..<4 { try session.run(fixture.train, feeding: fixture.feeds) }
    _ = try session.profile(fixture.train, feeding: fixture.feeds, runs: 2)
    let text = try session.explain(fixture.train, feeding: fixture.feeds)
    let summary = try #require(text.split(separator: "\n").first { $0.contains(" runs of ") })
    // The one that profile() runs ahead, too.
    #expect(summary.hasPrefix("5 runs of "))
    for word in ["matrix products", "variable updates", "going round loops", "GFLOP/s", " % "] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func theSlowestComeFirst() throws {
    let fixture = ProfilingFixture()
    let profile = try fixture.session().profile(fixture.train, feeding: fixture.feeds, runs: 2)
    let numbers = profile.table(order: .time).split(separator: "\n").dropFirst()
      .prefix { !$0.hasPrefix("kernels: ") }.compactMap { line in
        line.split(separator: " ").first.flatMap { Int($0) }
      }
    #expect(numbers.sorted() == Array(1...profile.kernelCount))
    let times = numbers.map { number in
      profile.steps.first { $0.number == number }!.nanoseconds
    }
    #expect(times == times.sorted(by: >))
  }

  @Test func aProfileIsCodable() throws {
    let fixture = ProfilingFixture()
    let profile = try fixture.session().profile(fixture.train, feeding: fixture.feeds, runs: 1)
    let copy = try JSONDecoder().decode(RunProfile.self, from: JSONEncoder().encode(profile))
    #expect(copy == profile)
    #expect(copy.description == profile.description)
  }

  @Test func countsTooLargeToCountAreLeftOut() throws {
    let builder = ProgramBuilder()
    let x = builder.input([4])
    let results = builder.root.loop(carried: [x], maximumIterations: 1 << 40) { region, values in
      [
        region.loop(carried: values.carried, maximumIterations: 1 << 40) { inner, values in
          [inner.product(values.carried[0], values.carried[0])]
        }[0]
      ]
    }
    let plan = try Plan.compile(
      builder.finish([results[0]]),
      options: PlanOptions(threads: 1, memoryLimit: nil, profile: false))
    let profile = RunProfile(
      plan, plan.times, names: plan.rows.map { _ in "loop" }, threads: 1)
    #expect(profile.steps.last?.role == .kernel && profile.steps.last?.executionsPerRun == nil)
    #expect(profile.steps.first { $0.depth == 2 }?.executionsPerRun == 1 << 40)
    #expect(profile.table(order: .time).contains("kernels: 1"))
    #expect(!profile.description.contains("work of a run"))
  }

  @Test func branchesAreTimedWhenTheyAreTaken() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [64], name: "x")
    let isPositive = graph.placeholder(.bool, [], name: "isPositive")
    let y = graph.conditional(isPositive) {
      tanh(x)
    } else: {
      x * 2
    }
    let profile = try Session(graph).profile(
      y, feeding: [x: NDArray.ones(.float32, [64]), isPositive: NDArray(true)], runs: 3)
    let kernels = profile.steps.filter { $0.role == .kernel }
    #expect(kernels.map(\.executions) == [3, 0])
    #expect(kernels.map(\.executionsPerRun) == [nil, nil])
    #expect(profile.shares.reduce(0) { $0 + $1.nanoseconds } == profile.nanoseconds)
  }
}
