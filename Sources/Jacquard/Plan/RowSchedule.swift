/// Some rows of all there are.
struct RowRange: Sendable {
  var range: Range<Int>
  var total: Int

  /// Where the rows lie in `byteCount` bytes of all rows.
  func bytes(of byteCount: Int) -> Range<Int> {
    let perRow = byteCount / total
    return range.lowerBound * perRow..<range.upperBound * perRow
  }
}

/// The steps of a loop body in which no row depends on another: threads need not wait for each other at any step.
final class RowSchedule: Sendable {
  enum Entry: Sendable {
    case kernel(Unmanaged<KernelStep>)
    case view(ViewStep)
  }

  let rowCount: Int
  /// The most threads that share the rows.
  let threadCount: Int
  /// Floating-point operations of an iteration.
  let operations: Int
  let entries: Table<Entry>
  /// Fewer operations than this are done sooner than another thread is told.
  let leastOperations: Int

  /// Threads divide rows in multiples of so many, as many as the product kernel takes at a time.
  static let quantum = 4

  init(
    rowCount: Int, threadCount: Int, operations: Int, entries: [Entry], leastOperations: Int
  ) {
    self.rowCount = rowCount
    self.threadCount = threadCount
    self.operations = operations
    self.entries = Table(entries)
    self.leastOperations = leastOperations
  }

  /// How many threads `iterations` iterations are worth.
  func threads(iterations: Int) -> Int {
    let (total, overflow) = operations.multipliedReportingOverflow(by: iterations)
    if !overflow && total < leastOperations { return 1 }
    return max(1, min(threadCount, rowCount / Self.quantum))
  }

  /// The rows of one of `count` threads.
  func range(thread: Int, of count: Int) -> RowRange {
    let units = (rowCount + Self.quantum - 1) / Self.quantum
    let lower = min(rowCount, units * thread / count * Self.quantum)
    let upper = min(rowCount, units * (thread + 1) / count * Self.quantum)
    return RowRange(range: lower..<upper, total: rowCount)
  }
}

/// Runs a loop's rows on several threads, each through all iterations.
private struct RowLoopKernel: Kernel {
  let loop: Unmanaged<LoopStep>
  nonisolated(unsafe) let job: UnsafePointer<LoopStep.RowJob>

  func run(_ buffers: KernelBuffers, chunk: Int) {
    loop._withUnsafeGuaranteedRef { $0.run(job.pointee, thread: chunk) }
  }
}

extension LoopStep {
  /// What threads that share a loop have in common.
  struct RowJob {
    let frame: Frame
    let limit: Int
    let threads: Int
  }

  /// Runs all iterations, rows divided among threads.
  func run(_ schedule: RowSchedule, _ frame: Frame, limit: Int) {
    guard limit > 0 else { return }
    let job = RowJob(frame: frame, limit: limit, threads: schedule.threads(iterations: limit))
    withUnsafePointer(to: job) { job in
      let buffers = KernelBuffers(
        pointers: frame.pointers, slots: UnsafePointer(bitPattern: 4)!, operandCount: 0,
        status: frame.status, scratch: frame.blocks[0])
      if job.pointee.threads == 1 {
        run(job.pointee, thread: 0)
      } else {
        let kernel: any Kernel = RowLoopKernel(loop: .passUnretained(self), job: job)
        withUnsafePointer(to: kernel) { kernel in
          frame.pool.run(kernel, buffers, chunkCount: job.pointee.threads)
        }
      }
    }
    let counter = frame.pointers[Int(iterationSlot)]
    frame.context.joinPointers(thread: 0)
    frame.pointers[Int(iterationSlot)] = counter
  }

  /// One thread's rows, through all iterations.
  fileprivate func run(_ job: RowJob, thread: Int) {
    guard let rows else { return }
    let own = job.frame.context.forkPointers(thread: thread)
    own.pointers[Int(iterationSlot)] = own.counter
    let frame = Frame(
      pointers: own.pointers, blocks: job.frame.blocks, context: job.frame.context,
      status: job.frame.status, pool: job.frame.pool, recorder: nil)
    if let recorder = job.frame.recorder {
      return runRecorded(job, thread: thread, frame, counter: own.counter, recorder)
    }
    let range = rows.range(thread: thread, of: job.threads)
    for iteration in 0..<job.limit {
      prepare(frame, own.counter, iteration: iteration, job, range)
      for index in rows.entries.indices {
        switch rows.entries[index] {
        case .kernel(let step):
          step._withUnsafeGuaranteedRef { $0.run(frame, rows: range.range, thread: thread) }
        case .view(let step): step.run(frame)
        }
      }
      finish(frame, iteration: iteration, job, range)
    }
  }

  /// What comes before the kernels of an iteration.
  @inline(__always)
  func prepare(
    _ frame: Frame, _ counter: UnsafeMutableRawPointer, iteration: Int, _ job: RowJob,
    _ range: RowRange
  ) {
    counter.storeBytes(of: Int64(iteration), as: Int64.self)
    readSlices(frame, iteration: iteration, limit: job.limit, rows: range)
    _ = bindResults(frame, iteration: iteration, limit: job.limit)
  }

  /// What comes after the kernels of an iteration.
  @inline(__always)
  func finish(_ frame: Frame, iteration: Int, _ job: RowJob, _ range: RowRange) {
    writeSlices(frame, iteration: iteration, limit: job.limit, rows: range)
    carryOver(frame, iteration: iteration, rows: range)
  }
}
