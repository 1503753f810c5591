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
  /// The scan of the loop that says how many rows are live in an iteration, or −1 if all are in each.
  let liveRows: Int
  /// Fewer operations than this are done sooner than another thread is told.
  let leastOperations: Int

  /// Threads divide rows in multiples of so many, as many as the product kernel takes at a time.
  static let quantum = 4
  /// Fewer rows than these are never divided.
  static let leastDividedRowCount = 2 * quantum
  /// Where rows end at different steps, each thread has several shares of this many rows, so that all have as much to do.
  private static let shareRowCount = 16
  private static let sharesPerThread = 2...4

  init(
    rowCount: Int, threadCount: Int, operations: Int, entries: [Entry], liveRows: Int = -1,
    leastOperations: Int
  ) {
    self.rowCount = rowCount
    self.threadCount = threadCount
    self.operations = operations
    self.entries = Table(entries)
    self.liveRows = liveRows
    self.leastOperations = leastOperations
  }

  /// How many threads `iterations` iterations are worth.
  func threads(iterations: Int) -> Int {
    let (total, overflow) = operations.multipliedReportingOverflow(by: iterations)
    if !overflow && total < leastOperations { return 1 }
    return max(1, min(threadCount, rowCount / Self.quantum))
  }

  /// Into how many shares the rows are divided for `threads` threads.
  func shares(threads: Int) -> Int {
    guard liveRows >= 0 && threads > 1 else { return threads }
    let least = Self.sharesPerThread.lowerBound * threads
    return min(
      max(rowCount / Self.shareRowCount, least), Self.mostShares(threads: threads), unitCount)
  }

  /// The most shares into which `threads` threads divide the rows of a loop.
  static func mostShares(threads: Int) -> Int { sharesPerThread.upperBound * threads }

  private var unitCount: Int { (rowCount + Self.quantum - 1) / Self.quantum }

  /// The rows of one of `count` shares.
  func range(share: Int, of count: Int) -> RowRange {
    let lower = min(rowCount, unitCount * share / count * Self.quantum)
    let upper = min(rowCount, unitCount * (share + 1) / count * Self.quantum)
    return RowRange(range: lower..<upper, total: rowCount)
  }
}

/// Runs a loop's rows on several threads, each through all iterations.
private struct RowLoopKernel: Kernel {
  let loop: Unmanaged<LoopStep>
  nonisolated(unsafe) let job: UnsafePointer<LoopStep.RowJob>

  func run(_ buffers: KernelBuffers, chunk: Int) {
    loop._withUnsafeGuaranteedRef { $0.run(job.pointee, share: chunk) }
  }
}

extension LoopStep {
  /// What threads that share a loop have in common.
  struct RowJob {
    let frame: Frame
    let limit: Int
    let threads: Int
    let shares: Int
  }

  /// Some of the rows of a loop, and which of them are live in the iteration at hand: the first ones.
  struct RowShare {
    let rows: RowRange
    fileprivate(set) var live: RowRange

    fileprivate init(_ rows: RowRange) {
      self.rows = rows
      live = rows
    }

    /// The rows past the live ones.
    fileprivate var ended: RowRange {
      RowRange(range: live.range.upperBound..<rows.range.upperBound, total: rows.total)
    }
  }

  /// Runs all iterations, rows divided among threads.
  func run(_ schedule: RowSchedule, _ frame: Frame, limit: Int) {
    guard limit > 0 else { return }
    let threads = schedule.threads(iterations: limit)
    let job = RowJob(
      frame: frame, limit: limit, threads: threads, shares: schedule.shares(threads: threads))
    withUnsafePointer(to: job) { job in
      if job.pointee.shares == 1 {
        run(job.pointee, share: 0)
      } else {
        let kernel: any Kernel = RowLoopKernel(loop: .passUnretained(self), job: job)
        withUnsafePointer(to: kernel) { kernel in
          frame.pool.run(kernel, .none(of: frame), chunkCount: job.pointee.shares)
        }
      }
    }
    let counter = frame.pointers[Int(iterationSlot)]
    frame.context.joinPointers(share: 0)
    frame.pointers[Int(iterationSlot)] = counter
  }

  /// One share of the rows, through all iterations.
  fileprivate func run(_ job: RowJob, share number: Int) {
    guard let rows else { return }
    let own = job.frame.context.forkPointers(share: number)
    own.pointers[Int(iterationSlot)] = own.counter
    let frame = Frame(
      pointers: own.pointers, blocks: job.frame.blocks, context: job.frame.context,
      status: job.frame.status, pool: job.frame.pool, recorder: nil)
    var share = RowShare(rows.range(share: number, of: job.shares))
    if let recorder = job.frame.recorder {
      return runRecorded(job, &share, number, frame, counter: own.counter, recorder)
    }
    for iteration in 0..<job.limit {
      prepare(frame, own.counter, iteration: iteration, job, &share)
      for index in rows.entries.indices {
        switch rows.entries[index] {
        case .kernel(let step):
          if share.live.range.isEmpty { continue }
          step._withUnsafeGuaranteedRef {
            $0.run(frame, rows: share.live.range, share: number)
          }
        case .view(let step): step.run(frame)
        }
      }
      finish(frame, iteration: iteration, job, share)
    }
  }

  /// What comes before the kernels of an iteration.
  @inline(__always)
  func prepare(
    _ frame: Frame, _ counter: UnsafeMutableRawPointer, iteration: Int, _ job: RowJob,
    _ share: inout RowShare
  ) {
    counter.storeBytes(of: Int64(iteration), as: Int64.self)
    if let rows, rows.liveRows >= 0 {
      let count = liveRowCount(scans[rows.liveRows], frame, iteration: iteration, limit: job.limit)
      setLiveRows(count, of: &share, frame, limit: job.limit)
    }
    readSlices(frame, iteration: iteration, limit: job.limit, rows: share.live)
    _ = bindResults(frame, iteration: iteration, limit: job.limit)
  }

  /// What comes after the kernels of an iteration.
  @inline(__always)
  func finish(_ frame: Frame, iteration: Int, _ job: RowJob, _ share: RowShare) {
    writeSlices(frame, iteration: iteration, limit: job.limit, rows: share.live)
    if !share.ended.range.isEmpty {
      clearSlices(frame, iteration: iteration, limit: job.limit, rows: share.ended)
    }
    carryOver(frame, iteration: iteration, rows: share.live)
    releaseSlices(frame, after: iteration, limit: job.limit)
  }

  private func liveRowCount(_ scan: Scan, _ frame: Frame, iteration: Int, limit: Int) -> Int {
    let index = slice(
      iteration, of: count(scan.length, frame), limit, scan.isReversed, scan.isAnchored)
    return Int(
      frame.pointers[Int(scan.operand)].load(
        fromByteOffset: index * MemoryLayout<Int64>.stride, as: Int64.self))
  }

  /// Has the first `count` rows of all be live.
  ///
  /// What is carried of rows that are not lies where the last iteration leaves what it carries, out of reach of iterations that
  /// write elsewhere.
  private func setLiveRows(_ count: Int, of share: inout RowShare, _ frame: Frame, limit: Int) {
    let (rows, before) = (share.rows.range, share.live.range.upperBound)
    let now = min(max(count, rows.lowerBound), rows.upperBound)
    if now == before { return }
    share.live.range = rows.lowerBound..<now
    let changed = RowRange(range: min(now, before)..<max(now, before), total: share.rows.total)
    for index in carries.indices where carries[index].transfer != .unchanged {
      let bytes = changed.bytes(of: carries[index].byteCount)
      let current = frame.pointers[Int(carries[index].parameter)] + bytes.lowerBound
      let last = frame.blocks[carries[index].buffer(limit - 1)] + bytes.lowerBound
      if current == last { continue }
      if now < before {
        last.copyMemory(from: current, byteCount: bytes.count)
      } else {
        current.copyMemory(from: last, byteCount: bytes.count)
      }
    }
  }
}
