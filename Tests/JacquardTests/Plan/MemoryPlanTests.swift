import Testing

@testable import Jacquard

@Suite struct MemoryPlanTests {
  private func block(_ byteCount: Int, _ lifetime: ClosedRange<Int>) -> MemoryPlan.Block {
    Self.block(byteCount, lifetime)
  }

  @Test func placesBlocksThatLiveTogetherSideBySide() throws {
    let plan = try MemoryPlan([block(100, 0...2), block(64, 1...3), block(10, 2...2)])
    #expect(plan.offsets == [0, 128, 192])
    #expect(plan.byteCount == 256)
  }

  @Test func reusesMemoryOfTheDead() throws {
    let plan = try MemoryPlan((0..<10).map { block(1000, $0...$0 + 1) })
    #expect(plan.byteCount == 2 * 1024)
  }

  @Test func takesTheSmallestGapThatFits() throws {
    // Two gaps open up at time 2: of 256 and of 128 bytes.
    let plan = try MemoryPlan([
      block(512, 0...3), block(256, 0...1), block(255, 0...3), block(128, 0...1), block(127, 0...3),
      block(100, 2...3),
    ])
    #expect(plan.offsets == [0, 512, 768, 1024, 1152, 1024])
  }

  @Test func nothingNeedsNothing() throws {
    #expect(try MemoryPlan([]).byteCount == 0)
    #expect(try MemoryPlan([block(0, 0...9), block(0, 0...9)]).byteCount == 0)
  }

  @Test func sizesThatCannotBeCountedAreErrors() {
    #expect(throws: PlanError.self) { try MemoryPlan([block(.max, 0...1)]) }
    #expect(throws: PlanError.self) {
      try MemoryPlan([block(.max / 2, 0...1), block(.max / 2, 0...1), block(.max / 2, 0...1)])
    }
  }

  @Test(arguments: 0..<20) func blocksAliveTogetherNeverOverlap(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let blocks = (0..<120).map { _ in
      let first = Int.random(in: 0..<200, using: &random)
      return block(
        Int.random(in: 0...5000, using: &random),
        first...(first + Int.random(in: 0...40, using: &random)))
    }
    let plan = try MemoryPlan(blocks)
    for (i, a) in blocks.enumerated() {
      #expect(plan.offsets[i].isMultiple(of: MemoryPlan.alignment))
      #expect(plan.offsets[i] + a.byteCount <= plan.byteCount)
      for (j, b) in blocks[..<i].enumerated()
      where a.first <= b.last && b.first <= a.last && a.byteCount > 0 && b.byteCount > 0 {
        #expect(
          plan.offsets[i] + a.byteCount <= plan.offsets[j]
            || plan.offsets[j] + b.byteCount <= plan.offsets[i])
      }
    }
    #expect(plan.offsets == Self.searched(blocks))
    // Never less than the most that is alive at once, and not much more.
    let peak = (0...240).map { time in
      blocks.reduce(0) { $0 + ($1.first <= time && time <= $1.last ? $1.byteCount : 0) }
    }.max()!
    #expect(plan.byteCount >= peak)
    #expect(plan.byteCount <= 2 * peak + 64 * blocks.count)
  }

  /// The rule, applied to all pairs: the largest first, each at the lowest start of the smallest gap that holds it.
  private static func searched(_ blocks: [MemoryPlan.Block]) -> [Int] {
    var offsets = blocks.map { _ in 0 }
    var placed: [(range: Range<Int>, block: MemoryPlan.Block)] = []
    let order = blocks.indices.sorted {
      (-blocks[$0].byteCount, blocks[$0].first, $0) < (-blocks[$1].byteCount, blocks[$1].first, $1)
    }
    for index in order where blocks[index].byteCount > 0 {
      let block = blocks[index]
      let size = (block.byteCount + 63) / 64 * 64
      var (best, end) = (gap: Int.max, 0)
      var offset: Int?
      for (range, other) in placed.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
      where other.first <= block.last && block.first <= other.last {
        let gap = range.lowerBound - end
        if gap >= size && gap < best { (best, offset) = (gap, end) }
        end = max(end, range.upperBound)
      }
      offsets[index] = offset ?? end
      placed.append((offsets[index]..<offsets[index] + size, block))
    }
    return offsets
  }

  /// The memory of an unrolled network and its gradients: of each step some that the backward pass needs, some that nobody does, in few
  /// sizes.
  private static func unrolled(steps: Int) -> [MemoryPlan.Block] {
    var blocks: [MemoryPlan.Block] = []
    let end = 6 * steps
    for step in 0..<steps {
      let (forward, backward) = (3 * step, end - 3 * step)
      blocks += [
        block(2048, forward...backward), block(2048, forward + 1...backward - 2),
        block(2048, forward...forward + 3), block(8192, forward...forward + 1),
        block(8192, backward - 1...backward), block(4096, backward - 2...backward + 1),
        block(640, forward + 2...backward - step % 2),
      ]
    }
    return blocks
  }

  private static func block(_ byteCount: Int, _ lifetime: ClosedRange<Int>) -> MemoryPlan.Block {
    MemoryPlan.Block(byteCount: byteCount, first: lifetime.lowerBound, last: lifetime.upperBound)
  }

  @Test func unrolledNetworksArePlacedByTheSameRule() throws {
    let blocks = Self.unrolled(steps: 80)
    #expect(try MemoryPlan(blocks).offsets == Self.searched(blocks))
  }

  @Test("a search passes most blocks without looking at them")
  func searchesStayShort() throws {
    let (few, many) = (Self.unrolled(steps: 250), Self.unrolled(steps: 1000))
    let cost = (few: try MemoryPlan(few).searchCost, many: try MemoryPlan(many).searchCost)
    #expect(cost.many < 8 * cost.few, "\(cost)")
    // Half of the square is what looking at each placed block would take.
    #expect(cost.many < many.count * many.count / 2 / 15, "\(cost)")
  }
}

/// A small generator with a seed, for random programs.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
