import Testing

@testable import Jacquard

@Suite struct MemoryPlanTests {
  private func block(_ byteCount: Int, _ lifetime: ClosedRange<Int>) -> MemoryPlan.Block {
    MemoryPlan.Block(byteCount: byteCount, first: lifetime.lowerBound, last: lifetime.upperBound)
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
    // Never less than the most that is alive at once, and not much more.
    let peak = (0...240).map { time in
      blocks.reduce(0) { $0 + ($1.first <= time && time <= $1.last ? $1.byteCount : 0) }
    }.max()!
    #expect(plan.byteCount >= peak)
    #expect(plan.byteCount <= 2 * peak + 64 * blocks.count)
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
