import CVectorKernels
import JacquardArrays
import Synchronization
import Testing

@testable import Jacquard

/// Rows that have ended are not computed.
@Suite("Live rows of a loop", .enabled(if: jq_is_optimized() != 0)) struct LiveRowsTests {
  private static let (batch, units) = (13, 4)

  /// A recurrence whose steps and their gradients count their rows, run once.
  ///
  /// - Parameter windowLength: cuts loops in windows, however short they are.
  private func counts(
    _ lengths: [Int], steps: Int = 9, threads: Int, windowLength: Int? = nil
  ) throws -> (forward: Int, backward: Int) {
    let graph = Graph(seed: 2)
    let x = graph.placeholder(.float64, [Self.batch, steps, Self.units])
    let w = graph.placeholder(.float64, [2 * Self.units, Self.units])
    let h = graph.placeholder(.float64, [Self.batch, Self.units])
    let ends = graph.placeholder(.int64, [Self.batch])
    let rows = RowCounter.new()
    let state = graph.scan(
      x, initial: h, axis: 1, parallelIterations: windowLength ?? 32
    ) { h, x in
      let live = (graph.loopIteration! .< ends).expandingDimensions(at: 1)
      let next = matmul(concatenate([select(live, x, 0), h], axis: 1), w)
      return (select(live, tanh(graph.insert(rows, next)), h), [Tensor]())
    }.state
    let slopes = graph.gradients(of: [state], withRespectTo: [w, x]).compactMap(\.self)
    // Fused, operations are part of another kernel; recomputed, they count twice.
    var options = SessionOptions(
      threads: threads, disabledPasses: [FuseElementwise.name, RecomputeResiduals.name])
    if windowLength != nil { options.windowLimits = WindowLimits.none }
    options.leastRowOperations = 0
    let session = Session(graph, options: options)
    func run() throws {
      _ = try session.run(
        [state] + slopes,
        feeding: [
          x: NDArray.ones(.float64, [Self.batch, steps, Self.units]),
          w: NDArray.ones(.float64, [2 * Self.units, Self.units]),
          h: NDArray.ones(.float64, [Self.batch, Self.units]),
          ends: NDArray(lengths.map { Int64($0) }),
        ])
    }
    try run()
    let before = rows.counts
    try run()
    let after = rows.counts
    return (after.forward - before.forward, after.backward - before.backward)
  }

  @Test(
    "as many rows are computed as the lengths add up to", arguments: [1, 2, 3])
  func rowsThatHaveEnded(threads: Int) throws {
    let cases = [
      [5, 9, 0, 1, 1, 3, 9, 2, 0, 8, 4, 4, 7], Array(repeating: 9, count: 13),
      Array(repeating: 0, count: 13), Array(repeating: 0, count: 12) + [1],
    ]
    for lengths in cases {
      let counts = try counts(lengths, threads: threads)
      #expect(counts.forward == lengths.reduce(0, +))
      #expect(counts.backward == lengths.reduce(0, +))
    }
  }

  @Test("so they are in windows, and in the rest of a loop that is no multiple of them")
  func windows() throws {
    let lengths = [5, 11, 0, 1, 1, 3, 9, 2, 0, 8, 4, 10, 7]
    let counts = try counts(lengths, steps: 11, threads: 2, windowLength: 4)
    #expect(counts.forward == lengths.reduce(0, +))
    #expect(counts.backward == lengths.reduce(0, +))
  }
}

/// What it is given, and how many rows that is.
private struct RowCounter: ElementwiseOp {
  var number: Int
  var isGradient = false

  static let domain = ElementDomain.floating
  private static let totals = Mutex<[(forward: Int, backward: Int)]>([])

  static func new() -> RowCounter {
    totals.withLock {
      $0.append((0, 0))
      return RowCounter(number: $0.count - 1)
    }
  }

  var counts: (forward: Int, backward: Int) { Self.totals.withLock { $0[number] } }

  func count(_ rows: Int) {
    Self.totals.withLock {
      if isGradient { $0[number].backward += rows } else { $0[number].forward += rows }
    }
  }

  var instruction: VectorInstruction { .negate }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [call.graph.insert(RowCounter(number: number, isGradient: true), dy)]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let kernel = try ElementwiseKernel(
      name: Self.name, expression: lanes(context.operands.map(\.dtype)), context: context)
    return RowCountingKernel(counter: self, kernel: kernel)
  }
}

private struct RowCountingKernel: RowwiseKernel {
  let counter: RowCounter
  let kernel: ElementwiseKernel

  var rowCount: Int { kernel.rowCount }
  var isRowwise: Bool { kernel.isRowwise }
  var chunkCount: Int { kernel.chunkCount }
  var scratchByteCount: Int { kernel.scratchByteCount }
  var scratchByteCountPerRange: Int { kernel.scratchByteCountPerRange }
  func readsOwnRowsOnly(ofOperand index: Int) -> Bool {
    kernel.readsOwnRowsOnly(ofOperand: index)
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    if chunk == 0 { counter.count(rowCount) }
    kernel.run(buffers, chunk: chunk)
  }

  func run(_ buffers: KernelBuffers, rows: Range<Int>) {
    counter.count(rows.count)
    kernel.run(buffers, rows: rows)
  }
}
