/// Kernels that need nothing of each other, run side by side: threads share the chunks of all of them.
///
/// What small kernels cost most is that threads wait for each other at the end of each: an optimizer's updates of many variables
/// are done in one go.
final class JointStep: Sendable {
  /// The kernels, one after the other.
  let members: Schedule
  private let kernels: Table<Unmanaged<KernelStep>>
  /// The number of the first chunk of each kernel.
  private let firstChunks: Table<Int>
  private let chunkCount: Int

  init(_ steps: [KernelStep]) {
    members = Schedule(steps.map { .kernel($0) })
    kernels = Table(steps.map { .passUnretained($0) })
    var chunkCount = 0
    firstChunks = Table(
      steps.map { step in
        defer { chunkCount += step.chunkCount }
        return chunkCount
      })
    self.chunkCount = chunkCount
  }

  func run(_ frame: Frame) {
    withUnsafePointer(to: frame) { shared in
      let kernel: any Kernel = JointKernel(joint: .passUnretained(self), frame: shared)
      withUnsafePointer(to: kernel) {
        frame.pool.run($0, .none(of: frame), chunkCount: chunkCount)
      }
    }
  }

  fileprivate func run(chunk: Int, _ frame: Frame) {
    var index = kernels.count - 1
    while firstChunks[index] > chunk { index -= 1 }
    kernels[index]._withUnsafeGuaranteedRef {
      $0.run(frame, chunk: chunk - firstChunks[index])
    }
  }
}

/// The chunks of a joint step in one run.
private struct JointKernel: Kernel {
  let joint: Unmanaged<JointStep>
  nonisolated(unsafe) let frame: UnsafePointer<Frame>

  func run(_ buffers: KernelBuffers, chunk: Int) {
    joint._withUnsafeGuaranteedRef { $0.run(chunk: chunk, frame.pointee) }
  }
}

extension KernelBuffers {
  /// What a kernel without operands, results and scratch memory is given.
  static func none(of frame: Frame) -> KernelBuffers {
    KernelBuffers(
      pointers: frame.pointers, slots: UnsafePointer(bitPattern: 4)!, operandCount: 0,
      status: frame.status, scratch: frame.blocks[0])
  }
}
