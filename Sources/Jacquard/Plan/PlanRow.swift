import JacquardArrays

/// One line of a plan's description: a step, a view, or the header of a loop or branch.
struct PlanRow: Sendable {
  /// What the row stands for.
  enum Kind: Sendable {
    case kernel
    /// An array seen in another shape; no kernel runs.
    case view
    /// The header of a loop; its regions follow, one level deeper.
    case loop
    /// The header of a loop's condition.
    case condition
    /// The header of a loop's body.
    case body
    /// The header of a conditional; its branches follow, one level deeper.
    case conditional
    /// The header of a branch.
    case branch
  }

  /// An operand or a result.
  struct Buffer: Sendable {
    var type: TensorType
    var slot: Int
    var home: RunLayout.Home
    /// The offset in the arena, or in the scratch file, for what lies there at a fixed address.
    var offset: Int?
    var isSwapped = false

    fileprivate mutating func place(in layout: RunLayout) {
      home = layout.slots[slot]
      if case .block(let block, let offset) = home {
        self.offset = layout.blockOffsets[block] + offset
        isSwapped = layout.scratchBlocks.contains(block)
      }
    }
  }

  /// How deep the row is nested; 0 for the root.
  var depth: Int
  var kind: Kind
  /// The name of the kernel, or of the op.
  var name: String
  /// The operation it comes from.
  var origin: OperationID
  /// When it starts, in steps of the memory plan.
  var moment: Int
  var operands: [Buffer] = []
  var results: [Buffer] = []
  /// The bytes of all results; for headers, of the results of all nested kernels, once each.
  var byteCount = 0
  var scratchByteCount = 0
  var chunkCount = 0
  /// What a kernel does in the main.
  var kernelKind = KernelKind.other
  /// Whether it computes the new value of a variable.
  var isUpdate = false
  /// Whether it writes a new value of a variable over the old one, where nobody else holds that.
  var updatesInPlace = false
  /// Floating-point operations of one execution.
  var floatingPointOperations = 0
  var kernel: (any Kernel)?
  /// The bytes of all operands whose elements matter.
  var operandByteCount = 0
  /// The operand that result 0 overwrites.
  var inPlaceOperand: Int?
  /// The number of iterations, if it is known.
  var tripCount: Int?
  /// Whether threads each take some rows through all iterations of a loop.
  var dividesRows = false
  /// How many kernels are nested below a header.
  var kernelCount = 0

  /// What one execution reads and writes.
  var memoryTraffic: MemoryTraffic {
    kernel?.memoryTraffic(overwriting: inPlaceOperand)
      ?? MemoryTraffic(read: operandByteCount, written: byteCount)
  }

  /// Fills in where operands and results lie.
  mutating func place(in layout: RunLayout) {
    for index in operands.indices { operands[index].place(in: layout) }
    for index in results.indices { results[index].place(in: layout) }
  }
}
