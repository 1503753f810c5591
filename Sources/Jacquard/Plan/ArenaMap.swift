/// What the memory of an arena is for, and when.
struct ArenaMap: Sendable {
  /// Why a block of memory is needed.
  enum Role: Sendable {
    case result
    /// What a kernel works with.
    case scratch
    /// A value between two iterations.
    case carried
    /// A slice gathered from an array.
    case slice
    /// The number of the iteration.
    case counter
    /// An address for what has no elements.
    case unused
  }

  /// What a block of memory is needed for.
  struct Use: Sendable {
    var role: Role
    var operation: OperationID?
    var type: TensorType?
  }

  /// A piece of memory during some steps.
  struct Block: Sendable {
    var use: Use
    /// Where it lies, in bytes, a multiple of the alignment.
    var range: Range<Int>
    /// Whether it lies in the scratch file, not in the arena.
    var isSwapped: Bool
    /// The moments of the first and the last step that need it.
    var first: Int
    var last: Int

    func isLive(at moment: Int) -> Bool { first <= moment && moment <= last }
  }

  /// The blocks that take any memory, or room in the scratch file.
  let blocks: [Block]
  /// The size of the arena.
  let byteCount: Int
  /// The bytes in use at each moment.
  let liveBytes: [Int]

  init(
    _ blocks: [MemoryPlan.Block], _ uses: [Use], offsets: [Int], isSwapped: [Bool], byteCount: Int,
    end: Int
  ) {
    self.blocks = blocks.indices.compactMap { index in
      let block = blocks[index]
      let size = block.byteCount.roundedUp(toMultipleOf: MemoryPlan.alignment)
      guard size > 0 else { return nil }
      return Block(
        use: uses[index], range: offsets[index]..<offsets[index] + size,
        isSwapped: isSwapped[index], first: block.first, last: block.last)
    }
    self.byteCount = byteCount
    var changes = Array(repeating: 0, count: end + 2)
    for block in self.blocks where !block.isSwapped {
      changes[block.first] += block.range.count
      changes[block.last + 1] -= block.range.count
    }
    var live = 0
    liveBytes = changes.prefix(end + 1).map { change in
      live += change
      return live
    }
  }

  /// The moment at which the most bytes are in use.
  var peakMoment: Int { liveBytes.indices.max { liveBytes[$0] < liveBytes[$1] } ?? 0 }
  /// The most bytes in use at any moment.
  var peakBytes: Int { liveBytes.max() ?? 0 }
}

extension Int {
  fileprivate func roundedUp(toMultipleOf unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
