import JacquardArrays

/// Copies the elements of operand 0 to result 0 as they are: what a view does where it needs memory of its own.
struct CopyBytesKernel: Kernel {
  private let sourceOffset: Int
  private let byteCount: Int
  private let cut: WorkCut

  private static let grain = 262_144

  /// A copy of `byteCount` bytes, starting `sourceOffset` bytes into the operand.
  init(byteCount: Int, sourceOffset: Int = 0) {
    self.sourceOffset = sourceOffset
    self.byteCount = byteCount
    cut = WorkCut(byteCount, costPerItem: 1, grain: Self.grain, multipleOf: 64)
  }

  /// A copy of all of operand 0.
  init(_ context: LoweringContext) { self.init(byteCount: context.results[0].byteCount ?? 0) }

  var kind: KernelKind { .copy }
  var chunkCount: Int { cut.chunkCount }

  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? {
    MemoryTraffic(read: byteCount, written: byteCount)
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    guard !range.isEmpty else { return }
    (buffers.result(0) + range.lowerBound).copyMemory(
      from: buffers.operand(0) + sourceOffset + range.lowerBound, byteCount: range.count)
  }
}
