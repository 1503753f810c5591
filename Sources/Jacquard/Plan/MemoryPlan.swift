/// Where each block of an arena lies, so that blocks in use at the same time never overlap.
struct MemoryPlan: Sendable, Equatable {
  /// A piece of memory and the steps that need it.
  struct Block: Sendable, Equatable {
    var byteCount: Int
    /// The first step that writes it.
    var first: Int
    /// The last step that reads or writes it.
    var last: Int
  }

  /// Every block starts on a cache line of its own.
  static let alignment = 64

  /// The offset of each block, in bytes.
  private(set) var offsets: [Int]
  /// The size of the arena, in bytes.
  private(set) var byteCount = 0

  private struct Placement {
    var range: Range<Int>
    var first: Int
    var last: Int
  }

  /// Places the largest blocks first, each into the smallest gap that holds it.
  ///
  /// - Throws: ``PlanError/arenaAllocation(bytes:)`` if the arena's size cannot be counted.
  /// - Complexity: O(n²) in the number of blocks.
  init(_ blocks: [Block]) throws {
    offsets = Array(repeating: 0, count: blocks.count)
    let order = blocks.indices.sorted {
      (blocks[$1].byteCount, blocks[$0].first, $0) < (blocks[$0].byteCount, blocks[$1].first, $1)
    }
    // Sorted by offset.
    var placed: [Placement] = []
    for index in order {
      let block = blocks[index]
      guard block.byteCount > 0 else { continue }
      let size = try Self.aligned(block.byteCount)
      let offset = Self.bestOffset(for: block, size: size, among: placed)
      let (end, overflow) = offset.addingReportingOverflow(size)
      guard !overflow else { throw PlanError.arenaAllocation(bytes: .max) }
      offsets[index] = offset
      byteCount = max(byteCount, end)
      let placement = Placement(range: offset..<end, first: block.first, last: block.last)
      placed.insert(placement, at: Self.insertionIndex(of: offset, in: placed))
    }
  }

  private static func bestOffset(for block: Block, size: Int, among placed: [Placement]) -> Int {
    var best: (gap: Int, offset: Int)?
    var end = 0
    for placement in placed where placement.first <= block.last && block.first <= placement.last {
      let gap = placement.range.lowerBound - end
      if gap >= size, best.map({ gap < $0.gap }) ?? true { best = (gap, end) }
      end = max(end, placement.range.upperBound)
    }
    return best?.offset ?? end
  }

  private static func insertionIndex(of offset: Int, in placed: [Placement]) -> Int {
    var (low, high) = (0, placed.count)
    while low < high {
      let middle = (low + high) / 2
      if placed[middle].range.lowerBound < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func aligned(_ byteCount: Int) throws -> Int {
    let (padded, overflow) = byteCount.addingReportingOverflow(alignment - 1)
    guard !overflow else { throw PlanError.arenaAllocation(bytes: byteCount) }
    return padded & ~(alignment - 1)
  }
}
