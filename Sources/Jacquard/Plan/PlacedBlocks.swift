/// The blocks of an arena that have their place, by offset, in runs of neighbours.
///
/// Neighbours mostly live at about the same time: layers next to each other, or steps of an unrolled network. So a search for a gap
/// mostly passes a run at once, either because nothing in it lives while the block does, or because everything does and no gap in it
/// is large enough.
struct PlacedBlocks {
  /// A piece of the arena, and the first and the last step that need it.
  struct Placement {
    var lower: Int
    var upper: Int
    var first: Int
    var last: Int
  }

  private var runs: [Run] = []
  /// How many runs or blocks a search has looked at.
  var visitCount = 0

  /// Blocks next to each other, and what they have in common.
  private struct Run {
    /// Longer runs are cut in two.
    static let limit = 64

    private(set) var placements: [Placement]
    private(set) var firsts: ClosedRange<Int>
    private(set) var lasts: ClosedRange<Int>
    /// The end of the block that ends last.
    private(set) var upper = 0
    /// The largest gap between two of the blocks while all of them live.
    private(set) var widestGap = 0

    var lower: Int { placements[0].lower }

    init(_ placements: [Placement]) {
      self.placements = placements
      let start = placements[0]
      (firsts, lasts) = (start.first...start.first, start.last...start.last)
      summarize()
    }

    mutating func insert(_ placement: Placement) {
      placements.insert(placement, at: Self.index(of: placement.lower, in: placements))
      summarize()
    }

    /// Where a block at `offset` belongs: in front of those that start there or later.
    private static func index(of offset: Int, in placements: [Placement]) -> Int {
      placements.firstIndex { $0.lower >= offset } ?? placements.count
    }

    private mutating func summarize() {
      let start = placements[0]
      var (firsts, lasts) = (start.first...start.first, start.last...start.last)
      (upper, widestGap) = (start.upper, 0)
      for placement in placements.dropFirst() {
        widestGap = max(widestGap, placement.lower - upper)
        upper = max(upper, placement.upper)
        firsts = min(firsts.lowerBound, placement.first)...max(firsts.upperBound, placement.first)
        lasts = min(lasts.lowerBound, placement.last)...max(lasts.upperBound, placement.last)
      }
      (self.firsts, self.lasts) = (firsts, lasts)
    }

    /// Drops the blocks that die before `moment`, of which some must not.
    mutating func forget(before moment: Int) {
      placements.removeAll { $0.last < moment }
      summarize()
    }

    /// Whether no block lives while `block` does.
    func isDead(during block: MemoryPlan.Block) -> Bool {
      firsts.lowerBound > block.last || lasts.upperBound < block.first
    }

    /// Whether every block lives while `block` does.
    func isLive(during block: MemoryPlan.Block) -> Bool {
      firsts.upperBound <= block.last && lasts.lowerBound >= block.first
    }

    /// The run's second half, which it gives away.
    mutating func split() -> Run {
      let middle = placements.count / 2
      let second = Run(Array(placements[middle...]))
      placements.removeSubrange(middle...)
      summarize()
      return second
    }
  }

  /// The lowest start of the smallest gap that holds `size` bytes while `block` lives, or the end of all that live then.
  ///
  /// - Parameter forgets: whether no later search is for a block that begins to live before `block` does, so that what is dead by then
  ///   can be dropped on the way.
  mutating func bestOffset(for block: MemoryPlan.Block, size: Int, forgets: Bool) -> Int {
    var best: (gap: Int, offset: Int)?
    var end = 0
    func meet(_ lower: Int) {
      let gap = lower - end
      if gap >= size, best.map({ gap < $0.gap }) ?? true { best = (gap, end) }
    }
    var hasDeadRuns = false
    for index in runs.indices {
      visitCount += 1
      if runs[index].isDead(during: block) {
        hasDeadRuns = hasDeadRuns || runs[index].lasts.upperBound < block.first
        continue
      }
      if forgets, runs[index].lasts.lowerBound < block.first {
        visitCount += runs[index].placements.count
        runs[index].forget(before: block.first)
      }
      if runs[index].widestGap < size, runs[index].isLive(during: block) {
        meet(runs[index].lower)
        end = max(end, runs[index].upper)
        continue
      }
      visitCount += runs[index].placements.count
      for placement in runs[index].placements
      where placement.first <= block.last && block.first <= placement.last {
        meet(placement.lower)
        end = max(end, placement.upper)
      }
    }
    if forgets && hasDeadRuns { runs.removeAll { $0.lasts.upperBound < block.first } }
    return best?.offset ?? end
  }

  mutating func insert(_ placement: Placement) {
    guard !runs.isEmpty else {
      runs = [Run([placement])]
      return
    }
    // In front of all that start where it does, as within a run.
    let index = max(runs.partitioningIndex { $0.lower >= placement.lower } - 1, 0)
    runs[index].insert(placement)
    if runs[index].placements.count > Run.limit {
      runs.insert(runs[index].split(), at: index + 1)
    }
  }
}

extension Array {
  /// The index of the first element for which `isInSecond` holds, if all for which it does stand behind the others; else the end.
  fileprivate func partitioningIndex(_ isInSecond: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isInSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
