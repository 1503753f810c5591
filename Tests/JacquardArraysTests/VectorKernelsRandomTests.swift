import CVectorKernels
import Foundation
import Testing

/// Philox and the distributions drawn from it.
@Suite struct VectorKernelsRandomTests {
  typealias Draw = (UInt64, UInt64, UInt64, Int, UnsafeMutableRawPointer?) -> Void

  static func draw<T: BitwiseCopyable>(
    _ kernel: Draw, key: UInt64 = 7, stream: UInt64 = 3, start: UInt64 = 0, _ count: Int, _ zero: T
  ) -> [T] {
    var out = [T](repeating: zero, count: count)
    kernel(key, stream, start, count, &out)
    return out
  }

  /// The vectors for philox4x32-10 in Random123's `kat_vectors`.
  @Test func knownAnswers() {
    let cases: [([UInt32], [UInt32], [UInt32])] = [
      (
        [0, 0, 0, 0], [0, 0],
        [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
      ),
      (
        [.max, .max, .max, .max], [.max, .max],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ]
    for (counter, key, expected) in cases {
      var words = [UInt32](repeating: 0, count: 4)
      jq_philox_block(counter, key, &words)
      #expect(words == expected)
      let index = UInt64(counter[0]) | UInt64(counter[1]) << 32
      let stream = UInt64(counter[2]) | UInt64(counter[3]) << 32
      let longKey = UInt64(key[0]) | UInt64(key[1]) << 32
      let word = Self.draw(
        jq_philox_bits_u32, key: longKey, stream: stream, start: index, 1, UInt32(0))
      #expect(word == [expected[0]])
      let pair = Self.draw(
        jq_philox_bits_u64, key: longKey, stream: stream, start: index, 1, UInt64(0))
      #expect(pair == [UInt64(expected[0]) | UInt64(expected[1]) << 32])
      let uniform = Self.draw(
        jq_philox_uniform_f64, key: longKey, stream: stream, start: index, 1, 0.0)
      #expect(uniform == [Double(pair[0] >> 11) * 0x1p-53])
      let single = Self.draw(
        jq_philox_uniform_f32, key: longKey, stream: stream, start: index, 1, Float(0))
      #expect(single == [Float(expected[0] >> 8) * 0x1p-24])
    }
  }

  @Test func elementsDependOnTheirIndexAlone() {
    func check<T: BitwiseCopyable & Equatable>(_ kernel: Draw, _ zero: T) {
      let start = UInt64(UInt32.max) - 100
      let whole = Self.draw(kernel, start: start, 333, zero)
      let parts = [0, 1, 17, 100, 101, 300, 333]
      let pieces = zip(parts, parts.dropFirst()).flatMap {
        Self.draw(kernel, start: start + UInt64($0), $1 - $0, zero)
      }
      #expect(pieces == whole)
      let single = (0..<333).flatMap { Self.draw(kernel, start: start + UInt64($0), 1, zero) }
      #expect(single == whole)
      #expect(Self.draw(kernel, key: 8, start: start, 333, zero) != whole)
      #expect(Self.draw(kernel, stream: 4, start: start, 333, zero) != whole)
    }
    check(jq_philox_bits_u32, UInt32(0))
    check(jq_philox_bits_u64, UInt64(0))
    check(jq_philox_uniform_f32, Float(0))
    check(jq_philox_uniform_f64, 0.0)
    check(jq_philox_normal_f32, Float(0))
    check(jq_philox_normal_f64, 0.0)
    check(jq_philox_truncated_normal_f32, Float(0))
    check(jq_philox_truncated_normal_f64, 0.0)
  }

  @Test func normalsAreBoxAndMullers() {
    for index in 0..<200 {
      var words = [UInt32](repeating: 0, count: 4)
      jq_philox_block([UInt32(index), 0, 3, 0], [7, 0], &words)
      let radius = (-2 * log((Double(words[0]) + 0.5) * 0x1p-32)).squareRoot()
      let expected = radius * cos(2 * .pi * Double(words[1]) * 0x1p-32)
      let single = Self.draw(jq_philox_normal_f32, start: UInt64(index), 1, Float(0))[0]
      #expect(abs(Double(single) - expected) < 2e-6)
      let low = Double((UInt64(words[1]) << 32 | UInt64(words[0])) >> 11) * 0x1p-53
      let angle = Double((UInt64(words[3]) << 32 | UInt64(words[2])) >> 11) * 0x1p-53
      let double = Self.draw(jq_philox_normal_f64, start: UInt64(index), 1, 0.0)[0]
      #expect(abs(double - (-2 * log(1 - low)).squareRoot() * cos(2 * .pi * angle)) < 1e-13)
    }
  }

  @Test func truncatedNormalsTakeTheFirstAttemptWithinBounds() {
    let truncated = Self.draw(jq_philox_truncated_normal_f32, 2000, Float(0))
    for (index, z) in truncated.enumerated() {
      let attempts = (0..<20).lazy.map { attempt in
        Self.draw(
          jq_philox_normal_f32, stream: 3 ^ UInt64(attempt) << 48, start: UInt64(index), 1, Float(0)
        )[0]
      }
      #expect(z == attempts.first { abs($0) <= 2 })
    }
  }

  static func moments(_ x: [Double]) -> (mean: Double, variance: Double, fourth: Double) {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let fourth = x.reduce(0) { $0 + pow($1 - mean, 4) } / Double(x.count)
    return (mean, variance, fourth / (variance * variance))
  }

  @Test func momentsOfTheDistributions() {
    let count = 200_000
    for uniform in [
      Self.draw(jq_philox_uniform_f32, count, Float(0)).map(Double.init),
      Self.draw(jq_philox_uniform_f64, count, 0.0),
    ] {
      let (mean, variance, fourth) = Self.moments(uniform)
      #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
      #expect(
        abs(mean - 0.5) < 0.003 && abs(variance - 1.0 / 12) < 0.001 && abs(fourth - 1.8) < 0.02)
    }
    for normal in [
      Self.draw(jq_philox_normal_f32, count, Float(0)).map(Double.init),
      Self.draw(jq_philox_normal_f64, count, 0.0),
    ] {
      let (mean, variance, fourth) = Self.moments(normal)
      #expect(abs(mean) < 0.01 && abs(variance - 1) < 0.015 && abs(fourth - 3) < 0.06)
      #expect(normal.contains { $0 > 3.5 } && normal.contains { $0 < -3.5 })
    }
    for truncated in [
      Self.draw(jq_philox_truncated_normal_f32, count, Float(0)).map(Double.init),
      Self.draw(jq_philox_truncated_normal_f64, count, 0.0),
    ] {
      let (mean, variance, _) = Self.moments(truncated)
      #expect(truncated.allSatisfy { abs($0) <= 2 })
      #expect(abs(mean) < 0.01 && abs(variance.squareRoot() - 0.879_625_661) < 0.005)
    }
  }
}
