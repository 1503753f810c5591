import CVectorKernels
import JacquardArrays
import Testing

@testable import Jacquard

/// On random graphs with loops, passes change no bit, or no more than the order of sums does.
@Suite("Random graphs of arrays") struct RandomTensorProgramTests {
  /// The names of the passes that `select` picks.
  private static func names(where select: (any Pass) -> Bool = { _ in true }) -> Set<String> {
    Set(Compiler.passes.filter(select).map { type(of: $0).name })
  }

  private static let all = names()
  private static let reassociating = names { !type(of: $0).isExact }

  @Test("exact passes change no bit, others little, threads nothing", arguments: 0..<200)
  func passes(_ seed: Int) throws {
    let program = RandomTensorProgram(seed: seed)
    let graph = program.graph
    try graph.validate()
    let fetches = program.outputs + program.slopes
    func run(
      _ disabled: Set<String>, threads: Int = 1, swapBudget: Int = .max
    ) throws -> [NDArray] {
      var options = SessionOptions(
        threads: threads, swapBudget: swapBudget, disabledPasses: disabled)
      options.leastRowOperations = 0
      options.windowLimits = WindowLimits.none
      return try Session(graph, options: options).run(fetches, feeding: program.feeds)
    }
    let plain = try run(Self.all)
    let exact = try run(Self.reassociating)
    expectSameBits(exact, plain, "seed \(seed), exact passes")
    let everything = try run([])
    expectClose(everything, plain, "seed \(seed), all passes")
    for threads in 2...3 {
      expectSameBits(try run([], threads: threads), everything, "seed \(seed), \(threads) threads")
    }
    expectSameBits(
      try run([], threads: 2, swapBudget: 0), everything, "seed \(seed), stacks in files")
    expectSameBits(
      try run([RecomputeResiduals.name]), everything, "seed \(seed), residuals stacked")
    // One pass after the other off, a different one for each seed.
    let name = Self.all.sorted()[seed % Self.all.count]
    let without = try run([name])
    expectClose(without, plain, "seed \(seed), without \(name)")
  }

  private func expectSameBits(_ a: [NDArray], _ b: [NDArray], _ words: String) {
    let bitsA = a.map { $0.doubles().map(\.bitPattern) }
    let bitsB = b.map { $0.doubles().map(\.bitPattern) }
    #expect(bitsA == bitsB, "\(words)")
  }

  private func expectClose(_ a: [NDArray], _ b: [NDArray], _ words: String) {
    for (index, (a, b)) in zip(a, b).enumerated() {
      let isClose = zip(a.doubles(), b.doubles()).allSatisfy { x, y in
        abs(x - y) <= 1e-9 * max(1, abs(y)) || (x.isNaN && y.isNaN) || x == y
      }
      #expect(a.shape == b.shape && isClose, "\(words), value \(index): \(a) for \(b)")
    }
  }

  @Test("every pass finds work in some of them") func coverage() throws {
    var idle = Self.all
    if jq_is_optimized() == 0 { idle.remove(PackMatrices.name) }
    for seed in 0..<200 where !idle.isEmpty {
      let program = RandomTensorProgram(seed: seed)
      let fetches = program.outputs + program.slopes
      let whole = try PassRun.program(fetches, disabled: []).text
      for name in idle.sorted() where try PassRun.program(fetches, disabled: [name]).text != whole {
        idle.remove(name)
      }
    }
    #expect(idle.isEmpty)
  }

  @Test("threads divide the rows of some loops", .enabled(if: jq_is_optimized() != 0))
  func dividedRows() throws {
    var divided = 0
    for seed in 0..<60 where divided < 5 {
      let program = RandomTensorProgram(seed: seed)
      let compiled = try PassRun.program(
        program.outputs + program.slopes, disabled: [], windowLimits: nil)
      let plan = try Plan.compile(
        compiled, options: PlanOptions(threads: 3, memoryLimit: nil, profile: false))
      for case .loop(let loop) in plan.schedule.steps
      where (loop.rows?.rowCount ?? 0) >= 2 * RowSchedule.quantum {
        divided += 1
      }
    }
    #expect(divided >= 5)
  }
}
