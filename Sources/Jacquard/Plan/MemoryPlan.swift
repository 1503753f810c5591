/// Where each block of an arena lies, so that blocks in use at the same time never overlap.
struct MemoryPlan: Sendable, Equatable {
  /// A piece of memory and the steps that need it.
  struct Block: Sendable, Equatable {
    var byteCount: Int
    /// The first step that writes it.
    var first: Int
    /// The last step that reads or writes it.
    var last: Int

    /// It without any bytes.
    var emptied: Block { Block(byteCount: 0, first: first, last: last) }

    /// It with a multiple of `unit`, a power of two, of bytes.
    ///
    /// - Throws: ``PlanError/arenaAllocation(bytes:)`` if they cannot be counted.
    func padded(to unit: Int) throws -> Block {
      let (sum, overflow) = byteCount.addingReportingOverflow(unit - 1)
      guard !overflow else { throw PlanError.arenaAllocation(bytes: byteCount) }
      return Block(byteCount: sum & ~(unit - 1), first: first, last: last)
    }
  }

  /// Every block starts on a cache line of its own.
  static let alignment = 64

  /// The offset of each block, in bytes.
  private(set) var offsets: [Int]
  /// The size of the arena, in bytes.
  private(set) var byteCount = 0
  /// How many blocks, or runs of blocks, the search for gaps looked at.
  private(set) var searchCost = 0

  /// Places the largest blocks first, each into the smallest gap that holds it.
  ///
  /// - Throws: ``PlanError/arenaAllocation(bytes:)`` if the arena's size cannot be counted.
  init(_ blocks: [Block]) throws {
    offsets = Array(repeating: 0, count: blocks.count)
    let order = blocks.indices.sorted {
      (blocks[$1].byteCount, blocks[$0].first, $0) < (blocks[$0].byteCount, blocks[$1].first, $1)
    }
    var placed = PlacedBlocks()
    var start = 0
    while start < order.count, blocks[order[start]].byteCount > 0 {
      let byteCount = blocks[order[start]].byteCount
      let equal = order[start...].prefix { blocks[$0].byteCount == byteCount }
      let size = try blocks[order[start]].padded(to: Self.alignment).byteCount
      try place(equal, of: blocks, size: size, among: &placed)
      start = equal.endIndex
    }
    searchCost = placed.visitCount
  }

  /// Places blocks of one size, which stand in the order in which they begin to live.
  private mutating func place(
    _ indices: ArraySlice<Int>, of blocks: [Block], size: Int, among placed: inout PlacedBlocks
  ) throws {
    /// For many blocks it is worth while to search a copy in which nothing is dead.
    let forgets = indices.count >= 64
    var live = forgets ? placed : PlacedBlocks()
    for index in indices {
      let block = blocks[index]
      let offset =
        forgets
        ? live.bestOffset(for: block, size: size, forgets: true)
        : placed.bestOffset(for: block, size: size, forgets: false)
      let (end, overflow) = offset.addingReportingOverflow(size)
      guard !overflow else { throw PlanError.arenaAllocation(bytes: .max) }
      offsets[index] = offset
      byteCount = max(byteCount, end)
      let placement = PlacedBlocks.Placement(
        lower: offset, upper: end, first: block.first, last: block.last)
      placed.insert(placement)
      if forgets { live.insert(placement) }
    }
    if forgets { placed.visitCount = live.visitCount }
  }
}
