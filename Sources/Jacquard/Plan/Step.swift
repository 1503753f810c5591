/// One run's view of its memory, as steps see it.
struct Frame {
  /// The address of every slot.
  let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// The address of every block of the arena.
  let blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  unowned(unsafe) let context: RunContext
  unowned(unsafe) let status: RunStatus
  unowned(unsafe) let pool: WorkerPool
}

/// One entry of a schedule.
enum Step: Sendable {
  case kernel(KernelStep)
  case view(ViewStep)
  case loop(LoopStep)
  case conditional(ConditionalStep)
  case profiled(ProfiledStep)

  func run(_ frame: Frame) {
    switch self {
    case .kernel(let step): step.run(frame)
    case .view(let step): step.run(frame)
    case .loop(let step): step.run(frame)
    case .conditional(let step): step.run(frame)
    case .profiled(let step): step.run(frame)
    }
  }
}

/// A kernel over slots.
final class KernelStep: Sendable {
  let kernel: any Kernel
  /// The kernel, if threads may each take a range of rows.
  let rowwise: (any RowwiseKernel)?
  /// The slots of the operands, then of the results.
  let slots: Table<Int32>
  let operandCount: Int
  let chunkCount: Int
  let scratchBlock: Int

  init(kernel: any Kernel, operands: [Int32], results: [Int32], scratchBlock: Int) {
    self.kernel = kernel
    rowwise = (kernel as? any RowwiseKernel).flatMap { $0.isRowwise ? $0 : nil }
    slots = Table(operands + results)
    operandCount = operands.count
    chunkCount = kernel.chunkCount
    self.scratchBlock = scratchBlock
  }

  func run(_ frame: Frame) {
    let buffers = KernelBuffers(
      pointers: frame.pointers, slots: slots.base, operandCount: operandCount,
      status: frame.status, scratch: frame.blocks[scratchBlock])
    if chunkCount == 1 {
      kernel.run(buffers, chunk: 0)
    } else {
      frame.pool.run(kernel, buffers, chunkCount: chunkCount)
    }
  }
}

extension KernelStep {
  /// Computes some rows, on one of the threads that share a loop.
  func run(_ frame: Frame, rows: Range<Int>, thread: Int) {
    guard let rowwise else { return }
    let scratch = frame.blocks[scratchBlock] + thread * rowwise.scratchByteCountPerRange
    rowwise.run(
      KernelBuffers(
        pointers: frame.pointers, slots: slots.base, operandCount: operandCount,
        status: frame.status, scratch: scratch), rows: rows)
  }
}

/// Derives the address of a view from that of the array it shows, where that is bound while running.
struct ViewStep: Sendable, BitwiseCopyable {
  var source: Int32
  var destination: Int32
  var byteOffset: Int

  func run(_ frame: Frame) {
    frame.pointers[Int(destination)] = frame.pointers[Int(source)] + byteOffset
  }
}

/// A step whose executions are counted and timed, nested steps included.
final class ProfiledStep: Sendable {
  let step: Step
  let row: Int

  init(_ step: Step, row: Int) {
    self.step = step
    self.row = row
  }

  func run(_ frame: Frame) {
    let start = ContinuousClock.now
    step.run(frame)
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    frame.context.profile[row].add(
      nanoseconds: seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}

/// How often a step ran and how long it took, all runs together.
struct StepProfile: Sendable, BitwiseCopyable, Equatable {
  var count: Int64 = 0
  var nanoseconds: Int64 = 0

  mutating func add(nanoseconds: Int64) {
    count += 1
    self.nanoseconds += nanoseconds
  }

  mutating func add(_ other: StepProfile) {
    count += other.count
    nanoseconds += other.nanoseconds
  }
}
