/// A kernel each row of whose results depends on the same row of some operands, and on others that are the same for all rows.
///
/// Rows are slices along the leading axis of the results. Any range of rows gets the bits it has in the whole, so threads may
/// each take a range through all iterations of a loop. Such a kernel never fails.
protocol RowwiseKernel: Kernel {
  /// How many rows there are.
  var rowCount: Int { get }

  /// Whether the kernel is rowwise for its layouts after all.
  var isRowwise: Bool { get }

  /// Whether it reads of an operand no rows but those it computes.
  func readsOwnRowsOnly(ofOperand index: Int) -> Bool

  /// The bytes of scratch memory that each thread wants.
  var scratchByteCountPerRange: Int { get }

  /// Computes some rows; the scratch memory is this thread's own.
  func run(_ buffers: KernelBuffers, rows: Range<Int>)
}

extension RowwiseKernel {
  var isRowwise: Bool { true }
}

/// A rowwise kernel whose work is cut into items along the leading axes: so many of them belong to each row.
protocol LeadingAxesKernel: RowwiseKernel {
  /// How the items are cut into chunks.
  var cut: WorkCut { get }

  /// Does some items.
  func run(_ buffers: KernelBuffers, items: Range<Int>)
}

extension LeadingAxesKernel {
  var chunkCount: Int { cut.chunkCount }
  var scratchByteCountPerRange: Int { scratchByteCount }
  var isRowwise: Bool { rowCount > 1 && cut.count % rowCount == 0 }

  func readsOwnRowsOnly(ofOperand index: Int) -> Bool { true }

  func run(_ buffers: KernelBuffers, chunk: Int) { run(buffers, items: cut.range(chunk)) }

  func run(_ buffers: KernelBuffers, rows: Range<Int>) {
    let perRow = cut.count / rowCount
    run(buffers, items: rows.lowerBound * perRow..<rows.upperBound * perRow)
  }
}
