import CAllocationCounter
import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Heap allocations of a run")
struct AllocationTests {
  /// A chain of kernels around a loop, with a training step's ingredients: matmul, broadcast, reduction, assignment.
  private struct Workload {
    let graph = Graph()
    let x: Tensor
    let result: Tensor
    let step: Jacquard.Operation
    let session: Session
    let rows: Int

    init(kernels: Int, iterations: Int, rows: Int = 4, threads: Int = 1) throws {
      self.rows = rows
      let weights = graph.variable(.constant(0.01), [8, 8], name: "weights")
      x = graph.placeholder(.float32, [nil, 8])
      var h = x
      for _ in 0..<kernels { h = tanh(matmul(h, weights) + h) }
      let zero = graph.constant(NDArray(Int32(0)))
      let weight = weights
      (_, h) = graph.whileLoop(zero, h) { i, _ in
        i .< Double(iterations)
      } do: { i, h in
        (i + 1, tanh(matmul(h, weight)) + h)
      }
      result = h.sum(along: [1])
      let gradient = graph.gradient(of: result, withRespectTo: weights)
      step = weights.assignSubtract(0.01 * gradient)
      session = Session(graph, options: SessionOptions(threads: threads))
      try session.run(graph.variablesInitializer)
    }

    private var batch: NDArray { NDArray.ones(.float32, [rows, 8]) }

    /// The allocations of one run in its steady state.
    func ofRun() throws -> Int {
      let batch = batch
      func run() throws { try session.run(result, step, feeding: [x: batch]) }
      for _ in 0..<4 { try run() }
      allocation_counter_start()
      defer { allocation_counter_stop() }
      try run()
      return allocation_counter_stop()
    }

    /// The allocations of one run into memory that is there already.
    func ofCallable() throws -> Int {
      let callable = try session.makeCallable(result, step, feeding: [x])
      let feeds = [batch]
      var outputs = [NDArray.zeros(.float32, [rows])]
      for _ in 0..<4 { try callable.run(feeding: feeds, into: &outputs) }
      allocation_counter_start()
      defer { allocation_counter_stop() }
      try callable.run(feeding: feeds, into: &outputs)
      return allocation_counter_stop()
    }
  }

  @Test("the counter counts")
  func counterCounts() {
    allocation_counter_start()
    let array = NDArray.zeros(.float32, [100])
    let count = allocation_counter_stop()
    #expect(count > 0)
    #expect(array.count == 100)
  }

  @Test("do not grow with kernels or iterations")
  func independentOfSize() throws {
    let small = try Workload(kernels: 1, iterations: 2).ofRun()
    let large = try Workload(kernels: 20, iterations: 200).ofRun()
    #expect(small == large)
  }

  @Test("are zero through callable.run(feeding:into:)")
  func zeroThroughCallable() throws {
    let small = try Workload(kernels: 1, iterations: 2).ofCallable()
    let large = try Workload(kernels: 20, iterations: 200).ofCallable()
    #expect(small == large)
    // Without optimisation the compiler boxes what it otherwise keeps on the stack.
    #if DEBUG
      #expect(large <= 24)
    #else
      #expect(large == 0)
    #endif
  }

  @Test("are none for handing kernels to other threads")
  func zeroForSharedKernels() throws {
    let count = try Workload(kernels: 20, iterations: 2, rows: 20_000, threads: 2).ofCallable()
    // Kernels of which other threads do a part: two and more for each of the 20.
    #if DEBUG
      #expect(count <= 40)
    #else
      #expect(count == 0)
    #endif
  }
}
