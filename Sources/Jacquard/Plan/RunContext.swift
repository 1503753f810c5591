import JacquardArrays

/// The memory of one run at a time: the address of every slot, the arena, stacks that grow.
///
/// A context is leased from its plan, bound, executed, read, and returned. All it owns is allocated when it is made, but for
/// stacks of unknown length, which grow and are kept for the next run.
final class RunContext: Sendable {
  let status = RunStatus()
  nonisolated(unsafe) let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  nonisolated(unsafe) let blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  nonisolated(unsafe) let growingStacks: UnsafeMutablePointer<GrowingStack>
  /// Made for the first run that is profiled.
  private(set) nonisolated(unsafe) var recorder: Recorder?
  /// For each share of the rows of a loop, the address of every slot and a counter of iterations.
  private nonisolated(unsafe) let sharePointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private nonisolated(unsafe) let boundOutputs: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let layout: RunLayout
  private let arena: ArrayStorage
  /// Where the largest stacks of loops with `swapMemory` lie, if they do not lie in the arena.
  private nonisolated(unsafe) var scratchFile: ScratchFile?
  /// Whether anything lies in a scratch file.
  private(set) nonisolated(unsafe) var usesScratchFiles = false

  /// Allocates the memory that `layout` asks for.
  init(_ layout: RunLayout) throws {
    let bytes = layout.arenaByteCount
    guard let arena = try? ArrayStorage.allocate(byteCount: bytes) else {
      throw PlanError.arenaAllocation(bytes: bytes)
    }
    self.layout = layout
    self.arena = arena
    pointers = .allocate(capacity: layout.slots.count)
    pointers.initialize(repeating: arena.pointer, count: layout.slots.count)
    blocks = .allocate(capacity: layout.blockOffsets.count)
    growingStacks = .allocate(capacity: layout.growingStacks.count)
    growingStacks.initialize(repeating: GrowingStack(), count: layout.growingStacks.count)
    sharePointers = .allocate(capacity: layout.rowShareCount * Self.shareStride(layout))
    sharePointers.initialize(
      repeating: arena.pointer, count: layout.rowShareCount * Self.shareStride(layout))
    boundOutputs = .allocate(capacity: layout.outputs.count)
    boundOutputs.initialize(repeating: nil, count: layout.outputs.count)
    for (index, offset) in layout.blockOffsets.enumerated() {
      (blocks + index).initialize(to: arena.pointer + offset)
    }
    for (index, home) in layout.slots.enumerated() {
      switch home {
      case .block(let block, let offset): pointers[index] = blocks[block] + offset
      case .constant(let constant, let offset):
        let array = layout.constants[constant]
        pointers[index] = array.storage.pointer + (array.byteOffset + offset)
      case .input, .running: break
      }
    }
  }

  deinit {
    for index in layout.growingStacks.indices { growingStacks[index].deallocate() }
    growingStacks.deallocate()
    boundOutputs.deallocate()
    sharePointers.deallocate()
    blocks.deallocate()
    pointers.deallocate()
  }

  /// Slots and a counter, with a cache line between shares.
  private static func shareStride(_ layout: RunLayout) -> Int {
    (layout.slots.count + 2 * MemoryPlan.alignment / MemoryLayout<Int>.stride) | 7
  }

  /// The addresses of all slots for one share of a loop's rows, as they are now, and its counter.
  func forkPointers(share: Int) -> (
    pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>, counter: UnsafeMutableRawPointer
  ) {
    let copy = sharePointers + share * Self.shareStride(layout)
    copy.update(from: pointers, count: layout.slots.count)
    return (copy, UnsafeMutableRawPointer(copy + layout.slots.count))
  }

  /// Takes over the addresses that a share ended with.
  func joinPointers(share: Int) {
    pointers.update(
      from: sharePointers + share * Self.shareStride(layout), count: layout.slots.count)
  }

  /// What notes the times of this context's runs.
  func recorder(threads: Int) -> Recorder {
    if let recorder { return recorder }
    let new = Recorder(rowCount: layout.rowCount, threadCount: threads)
    recorder = new
    return new
  }

  /// The bytes this context holds in memory, stacks that have grown included.
  var byteCount: Int {
    layout.growingStacks.indices.reduce(layout.arenaByteCount) { $0 + growingStacks[$1].byteCount }
  }

  /// Binds root parameter `index` to memory that must stay valid for the run.
  func bindInput(_ index: Int, to pointer: UnsafeRawPointer) {
    pointers[layout.inputSlots[index]] = UnsafeMutableRawPointer(mutating: pointer)
  }

  /// Has commit `index` written to `pointer`, by its producer where possible.
  func bindCommit(_ index: Int, to pointer: UnsafeMutableRawPointer) {
    bindOutput(layout.fetchCount + index, to: pointer)
  }

  /// Has output `index`, whose length must be known, written to `pointer`, by its producer where possible.
  func bindOutput(_ index: Int, to pointer: UnsafeMutableRawPointer) {
    precondition(
      layout.outputs[index].growingStack == nil,
      "output \(index) has no memory before the run tells its length")
    boundOutputs[index] = pointer
  }

  /// Has commit `index`, whose kernel is yet to run, written to `pointer`.
  func bindUpdate(_ index: Int, to pointer: UnsafeMutableRawPointer) {
    bindCommit(index, to: pointer)
    if let producer = layout.outputs[layout.fetchCount + index].producer {
      pointers[producer.slot] = pointer
    }
  }

  /// The elements of output `index` after a run; valid until the context is returned.
  func outputPointer(_ index: Int) -> UnsafeRawPointer {
    UnsafeRawPointer(boundOutputs[index] ?? pointers[layout.outputs[index].slot])
  }

  /// The shape of output `index` after a run.
  func outputShape(_ index: Int) -> [Int] {
    let output = layout.outputs[index]
    var shape = output.type.shape
    if let stack = output.growingStack { shape.dimensions?[0] = growingStacks[stack].count }
    return shape.known ?? []
  }

  /// Starts a run: no failure yet, outputs where they are bound.
  func begin() {
    status.reset()
    for index in layout.outputs.indices {
      guard let producer = layout.outputs[index].producer else { continue }
      pointers[producer.slot] = blocks[producer.block]
    }
    for index in layout.outputs.indices {
      guard let producer = layout.outputs[index].producer else { continue }
      if let bound = boundOutputs[index] { pointers[producer.slot] = bound }
    }
  }

  /// Copies bound outputs that their producer could not write in place.
  func copyBoundOutputs() {
    for index in layout.outputs.indices {
      guard let bound = boundOutputs[index] else { continue }
      let source = pointers[layout.outputs[index].slot]
      if source != bound {
        bound.copyMemory(from: source, byteCount: layout.outputs[index].byteCount)
      }
    }
  }

  /// Forgets what was bound.
  func unbind() {
    for slot in layout.inputSlots { pointers[slot] = arena.pointer }
    for index in layout.outputs.indices { boundOutputs[index] = nil }
  }

  /// Gives stack `index` room for `count` rows, keeping those it has; false if there is no memory.
  func reserve(
    _ count: Int, rowByteCount: Int, stack index: Int, slot: Int32
  ) throws(ScratchFile.Failure) -> Bool {
    if growingStacks[index].hasRoom(for: count, rowByteCount: rowByteCount) { return true }
    let limit = layout.memoryLimit.map { $0 - byteCount } ?? .max
    if belongsInFile(index, count, rowByteCount: rowByteCount, limit: limit) {
      try growingStacks[index].grow(
        to: count, rowByteCount: rowByteCount, inFileOf: layout.scratchDirectory)
      usesScratchFiles = true
    } else {
      guard growingStacks[index].grow(to: count, rowByteCount: rowByteCount, limit: limit) else {
        return false
      }
    }
    pointers[Int(slot)] = growingStacks[index].base ?? arena.pointer
    return true
  }
}

// MARK: - Scratch files

extension RunContext {
  /// Whether a stack, to grow, should leave memory: a loop with `swapMemory` makes it, and such stacks have taken what they may.
  private func belongsInFile(_ index: Int, _ count: Int, rowByteCount: Int, limit: Int) -> Bool {
    guard layout.growingStacks[index] else { return false }
    if growingStacks[index].file != nil { return true }
    let taken = layout.growingStacks.indices.reduce(0) {
      layout.growingStacks[$1] ? $0 + growingStacks[$1].byteCount : $0
    }
    let wanted = growingStacks[index].wantedCapacity(for: count, rowByteCount: rowByteCount)
    return wanted - growingStacks[index].byteCount > min(limit, layout.growingStackBudget - taken)
  }

  /// Makes room in the scratch file, and one before the first run that needs it.
  func openScratchFile() throws {
    if layout.scratchByteCount == 0 { return }
    do throws(ScratchFile.Failure) {
      if let scratchFile { return try scratchFile.reserve(layout.scratchByteCount) }
      let file = try ScratchFile(in: layout.scratchDirectory, byteCount: layout.scratchByteCount)
      scratchFile = file
      usesScratchFiles = true
      for block in layout.scratchBlocks { blocks[block] = file.base + layout.blockOffsets[block] }
      for slot in layout.scratchSlots {
        guard case .block(let block, let offset) = layout.slots[slot] else { continue }
        pointers[slot] = blocks[block] + offset
      }
    } catch {
      throw PlanError.scratchFile(
        bytes: error.bytes, directory: error.directory, reason: error.reason,
        operation: layout.scratchOperation)
    }
  }

  /// Forgets what scratch files hold; until the next run they take no room on the disk.
  func clearScratchFiles() {
    scratchFile?.clear()
    for index in layout.growingStacks.indices { growingStacks[index].clearFile() }
  }

  /// The scratch file in which an array lies, if it does.
  func scratchFile(of array: UnsafeMutableRawPointer, _ length: LoopStep.Length) -> ScratchFile? {
    switch length {
    case .growing(let stack): growingStacks[stack].file
    case .known: scratchFile.flatMap { $0.contains(array) ? $0 : nil }
    }
  }
}
