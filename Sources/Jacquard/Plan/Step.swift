/// One run's view of its memory, as steps see it.
struct Frame {
  /// The address of every slot.
  let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// The address of every block of the arena.
  let blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  unowned(unsafe) let context: RunContext
  unowned(unsafe) let status: RunStatus
  unowned(unsafe) let pool: WorkerPool
  /// Set if the run is counted and timed.
  unowned(unsafe) let recorder: Recorder?
}

/// One entry of a schedule.
enum Step: Sendable {
  case kernel(KernelStep)
  case joint(JointStep)
  case view(ViewStep)
  case loop(LoopStep)
  case conditional(ConditionalStep)
}

/// A kernel over slots.
final class KernelStep: Sendable {
  /// The kernel alone: at a fixed address, so that handing it to other threads makes no copy.
  let kernels: Table<any Kernel>
  /// The kernel, if threads may each take a range of rows.
  let rowwise: (any RowwiseKernel)?
  /// What computes a chunk, and what computes some rows if that is possible. A call of a kernel in an existential would count
  /// references to it, and threads that share a loop would wait for each other's counts.
  private let computeChunk: @Sendable (KernelBuffers, Int) -> Void
  private let computeRows: @Sendable (KernelBuffers, Range<Int>) -> Void
  /// The scratch memory of each range of rows.
  private let scratchByteCountPerRange: Int
  /// The slots of the operands, then of the results.
  let slots: Table<Int32>
  let operandCount: Int
  let chunkCount: Int
  let scratchBlock: Int
  /// The row of the plan that describes it.
  let row: Int32

  init(
    kernel: any Kernel, operands: [Int32], results: [Int32], scratchBlock: Int, row: Int
  ) {
    kernels = Table([kernel])
    rowwise = (kernel as? any RowwiseKernel).flatMap { $0.isRowwise ? $0 : nil }
    computeChunk = kernel.chunkComputation
    if let rowwise {
      computeRows = rowwise.rowComputation
      scratchByteCountPerRange = rowwise.scratchByteCountPerRange
    } else {
      computeRows = { _, _ in }
      scratchByteCountPerRange = 0
    }
    slots = Table(operands + results)
    operandCount = operands.count
    chunkCount = kernel.chunkCount
    self.scratchBlock = scratchBlock
    self.row = Int32(row)
  }

  var kernel: any Kernel { kernels[0] }

  func run(_ frame: Frame) {
    let buffers = buffers(frame)
    if chunkCount == 1 {
      computeChunk(buffers, 0)
    } else {
      frame.pool.run(kernels.base, buffers, chunkCount: chunkCount)
    }
  }
}

extension Kernel {
  fileprivate var chunkComputation: @Sendable (KernelBuffers, Int) -> Void {
    { run($0, chunk: $1) }
  }
}

extension RowwiseKernel {
  fileprivate var rowComputation: @Sendable (KernelBuffers, Range<Int>) -> Void {
    { run($0, rows: $1) }
  }
}

extension KernelStep {
  /// Its memory in a run.
  func buffers(_ frame: Frame) -> KernelBuffers {
    KernelBuffers(
      pointers: frame.pointers, slots: slots.base, operandCount: operandCount,
      status: frame.status, scratch: frame.blocks[scratchBlock])
  }

  /// Computes a chunk, on one of the threads that share a joint.
  func run(_ frame: Frame, chunk: Int) { computeChunk(buffers(frame), chunk) }

  /// Computes some rows, of one of the shares into which a loop's are divided.
  func run(_ frame: Frame, rows: Range<Int>, share: Int) {
    let scratch = frame.blocks[scratchBlock] + share * scratchByteCountPerRange
    computeRows(
      KernelBuffers(
        pointers: frame.pointers, slots: slots.base, operandCount: operandCount,
        status: frame.status, scratch: scratch), rows)
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
