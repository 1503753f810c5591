import JacquardArrays
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@testable import Jacquard

@Suite struct WorkerPoolTests {
  /// Counts how often each chunk runs, at the end of some work.
  private struct CountingKernel: Kernel {
    let chunkCount: Int
    func run(_ buffers: KernelBuffers, chunk: Int) {
      var x = Double(chunk)
      for _ in 0..<2000 { x = x * 0.5 + 1 }
      buffers.result(0, as: Int64.self)[chunk] += x.isFinite ? 1 : 0
    }
  }

  private static func count(chunks: Int, rounds: Int, pool: WorkerPool) -> [Int64] {
    outputs(of: CountingKernel(chunkCount: chunks), in: pool, rounds: rounds)
  }

  /// What a kernel has written for each chunk, first 0.
  private static func outputs(
    of kernel: any Kernel, in pool: WorkerPool, rounds: Int = 1
  ) -> [Int64] {
    let chunks = kernel.chunkCount
    let storage = ArrayStorage(byteCount: max(chunks, 1) * 8)
    let results = storage.pointer.bindMemory(to: Int64.self, capacity: chunks)
    results.initialize(repeating: 0, count: chunks)
    let pointers = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: 1)
    pointers.initialize(to: storage.pointer)
    let slots = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    slots.initialize(to: 0)
    defer {
      pointers.deallocate()
      slots.deallocate()
    }
    let buffers = KernelBuffers(
      pointers: pointers, slots: slots, operandCount: 0, status: RunStatus(),
      scratch: storage.pointer)
    for _ in 0..<rounds {
      withUnsafePointer(to: kernel) { pool.run($0, buffers, chunkCount: chunks) }
    }
    return Array(UnsafeBufferPointer(start: results, count: chunks))
  }

  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 7, 64])
  func runsEachChunkOnce(threads: Int, chunks: Int) {
    let pool = WorkerPool(threads: threads)
    #expect(pool.threadCount == threads)
    let counts = Self.count(chunks: chunks, rounds: 50, pool: pool)
    #expect(counts == Array(repeating: 50, count: chunks))
  }

  @Test func severalThreadsMayShareAPool() async {
    let pool = WorkerPool(threads: 4)
    await withTaskGroup(of: [Int64].self) { group in
      for _ in 0..<4 {
        group.addTask { Self.count(chunks: 16, rounds: 100, pool: pool) }
      }
      for await counts in group { #expect(counts == Array(repeating: 100, count: 16)) }
    }
  }

  /// Notes which thread runs each chunk; the first chunks of both halves wait until the other has begun.
  private struct MeetingKernel: Kernel {
    let chunkCount: Int
    nonisolated(unsafe) let begun: UnsafeMutablePointer<Atomic<Int>>

    static var thread: Int64 {
      withUnsafeBytes(of: pthread_self()) { $0.loadUnaligned(as: Int64.self) }
    }

    func run(_ buffers: KernelBuffers, chunk: Int) {
      buffers.result(0, as: Int64.self)[chunk] = Self.thread
      guard chunk % (chunkCount / 2) == 0 else { return }
      begun.pointee.add(1, ordering: .sequentiallyConsistent)
      while begun.pointee.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
    }
  }

  @Test func everyThreadBeginsWithConsecutiveChunksOfItsOwn() {
    let pool = WorkerPool(threads: 2)
    let begun = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: 1)
    begun.initialize(to: Atomic(0))
    defer {
      begun.deinitialize(count: 1)
      begun.deallocate()
    }
    for _ in 0..<20 {
      begun.pointee.store(0, ordering: .sequentiallyConsistent)
      let threads = Self.outputs(of: MeetingKernel(chunkCount: 4, begun: begun), in: pool)
      // Half a share may be taken by the other thread.
      #expect(threads[0] == MeetingKernel.thread)
      #expect(threads[2] != threads[0])
    }
  }

  @Test func workersWakeAfterSleeping() async throws {
    let pool = WorkerPool(threads: 3)
    for _ in 0..<20 {
      #expect(Self.count(chunks: 5, rounds: 1, pool: pool) == [1, 1, 1, 1, 1])
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  @Test func concurrentRunsOfOnePlanDoNotDisturbEachOther() async throws {
    let builder = ProgramBuilder()
    let (x, y) = (builder.input([20, 50]), builder.input([50]))
    let results = builder.root.loop(
      carried: [y], scans: [(x, ScanSpecification())], stacks: [ScanSpecification()]
    ) { region, values in
      let next = region.mean(
        region.product(values.carried[0], values.slices[0]), values.slices[0])
      return [next, next]
    }
    let program = builder.finish(results)
    let plan = try Plan.compile(
      program, options: PlanOptions(threads: 3, memoryLimit: nil, profile: false))
    let pool = WorkerPool(threads: 3)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<6 {
        group.addTask {
          let inputs = [
            floats((0..<1000).map { Float(($0 * (task + 1)) % 17) / 17 }, [20, 50]),
            floats((0..<50).map { Float($0 + task) }),
          ]
          let expected = try ReferenceInterpreter.run(program, inputs)
          for _ in 0..<50 where try run(plan, inputs, pool: pool) != expected { return false }
          return true
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
