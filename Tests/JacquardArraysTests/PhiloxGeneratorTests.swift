import Foundation
import JacquardArrays
import Testing

@Suite struct PhiloxGeneratorTests {
  /// The known answers that come with Random123.
  @Test func blocksAreThoseOfTheReference() {
    #expect(
      PhiloxGenerator.block(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
        == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    #expect(
      PhiloxGenerator.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    #expect(
      PhiloxGenerator.block(
        counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
        key: SIMD2(0xA409_3822, 0x299F_31D0))
        == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test func drawsAreTheWordsOfSuccessiveBlocks() {
    var generator = PhiloxGenerator(seed: 0)
    #expect(generator.next() == 0xE169_C58D_6627_E8D5)
    #expect(generator.next() == 0x9B00_DBD8_BC57_AC4C)
    var other = PhiloxGenerator(seed: 0x0123_4567_89AB_CDEF, stream: 7)
    for index in 0..<3 as Range<UInt32> {
      let words = PhiloxGenerator.block(
        counter: SIMD4(index, 0, 7, 0), key: SIMD2(0x89AB_CDEF, 0x0123_4567))
      #expect(other.next() == UInt64(words[0]) | UInt64(words[1]) << 32)
      #expect(other.next() == UInt64(words[2]) | UInt64(words[3]) << 32)
    }
  }

  @Test func positionsCanBeJumpedTo() {
    var generator = PhiloxGenerator(seed: 5, stream: 1)
    let draws = (0..<9).map { _ in generator.next() }
    #expect(generator.position == 9)
    for position in [8, 3, 0, 5, 4] {
      generator.position = UInt64(position)
      #expect(generator.next() == draws[position])
    }
    generator.position = 1 << 33
    #expect(!draws.contains(generator.next()))
  }

  @Test func seedsAndStreamsDiffer() {
    var draws: Set<UInt64> = []
    for seed in [0, 1, 1 << 32] as [UInt64] {
      for stream in [0, 1, 1 << 32] as [UInt64] {
        var generator = PhiloxGenerator(seed: seed, stream: stream)
        draws.insert(generator.next())
      }
    }
    #expect(draws.count == 9)
  }

  @Test func encodingContinuesWhereItWas() throws {
    var generator = PhiloxGenerator(seed: .max, stream: 3)
    for _ in 0..<5 { _ = generator.next() }
    let data = try JSONEncoder().encode(generator)
    var copy = try JSONDecoder().decode(PhiloxGenerator.self, from: data)
    #expect(copy == generator)
    for _ in 0..<5 { #expect(copy.next() == generator.next()) }
    #expect(PhiloxGenerator(seed: .max, stream: 3) != generator)
  }

  @Test func uniformNumbersFillTheUnitInterval() {
    var generator = PhiloxGenerator(seed: 1)
    let draws = (0..<20_000).map { _ in generator.nextUniform() }
    #expect(draws.allSatisfy { 0 <= $0 && $0 < 1 })
    var bins = [Int](repeating: 0, count: 20)
    for draw in draws { bins[Int(draw * 20)] += 1 }
    // χ² with 19 degrees of freedom exceeds 43.8 once in a thousand seeds.
    let chiSquared = bins.reduce(0.0) { $0 + pow(Double($1) - 1000, 2) / 1000 }
    #expect(chiSquared < 43.8)
  }

  @Test func normalNumbersHaveTheMomentsOfTheNormalDistribution() {
    var generator = PhiloxGenerator(seed: 2)
    let count = 40_000.0
    let draws = (0..<40_000).map { _ in generator.nextNormal() }
    #expect(draws.allSatisfy { $0.isFinite })
    let moments = (1...4).map { order in draws.reduce(0) { $0 + pow($1, Double(order)) } / count }
    // Within 4 standard errors: the variance of xⁿ is 1, 2, 15 and 96.
    let normal: [(moment: Double, variance: Double)] = [(0, 1), (1, 2), (0, 15), (3, 96)]
    for (moment, (expected, variance)) in zip(moments, normal) {
      #expect(abs(moment - expected) < 4 * (variance / count).squareRoot())
    }
    #expect(generator.position == 80_000)
  }

  @Test func standardLibraryShufflesReproducibly() {
    var first = PhiloxGenerator(seed: 9)
    var second = PhiloxGenerator(seed: 9)
    let order = Array(0..<50).shuffled(using: &first)
    #expect(order == Array(0..<50).shuffled(using: &second))
    #expect(order.sorted() == Array(0..<50))
    #expect(order != Array(0..<50))
  }
}

@Suite struct StableHashTests {
  /// Computed by a Python script from the definitions of FNV-1a and the finaliser.
  @Test func hashesAreTheSameInEveryProcess() {
    #expect(StableHash.hash64("") == 0xEFD0_1F60_BA99_2926)
    #expect(StableHash.hash64("a") == 0x82A2_A958_A9BE_CE5B)
    #expect(StableHash.hash64("rnn/basic_lstm_cell/kernel") == 0x2DC4_6E35_2B16_7BFC)
    #expect(StableHash.hash64("é") == 0x9D55_CCB9_BA86_763B)
  }

  @Test func similarNamesHashApart() {
    let hashes = Set((0..<5000).map { StableHash.hash64("layer/dense_\($0)") })
    #expect(hashes.count == 5000)
    let flips = (0..<100).map {
      (StableHash.hash64("a\($0)") ^ StableHash.hash64("b\($0)")).nonzeroBitCount
    }
    let mean = Double(flips.reduce(0, +)) / 100
    #expect(abs(mean - 32) < 2)
  }
}
