import CVectorKernels
import Foundation
import Testing

/// Integer arithmetic and conversions between dtypes.
@Suite struct VectorKernelsIntegerTests {
  @Test func divisionNeverTraps() {
    let a: [Int32] = [7, -7, 7, -7, 5, .min, .min, .max, 0]
    let b: [Int32] = [3, 3, -3, -3, 0, -1, 0, .min, -5]
    #expect(runKernel(jq_div_i32, a, b, into: Int32(9)) == [2, -2, -2, 2, 0, .min, 0, 0, 0])
    #expect(runKernel(jq_floordiv_i32, a, b, into: Int32(9)) == [2, -3, -3, 2, 0, .min, 0, -1, 0])
    #expect(runKernel(jq_mod_i32, a, b, into: Int32(9)) == [1, 2, -2, -1, 0, 0, 0, -1, 0])
    let wideA: [Int64] = [7, -7, .min, 9]
    let wideB: [Int64] = [-2, 2, -1, 0]
    #expect(runKernel(jq_div_i64, wideA, wideB, into: Int64(9)) == [-3, -3, .min, 0])
    #expect(runKernel(jq_floordiv_i64, wideA, wideB, into: Int64(9)) == [-4, -4, .min, 0])
    #expect(runKernel(jq_mod_i64, wideA, wideB, into: Int64(9)) == [-1, 1, 0, 0])
    #expect(
      runKernel(jq_div_u8, [200, 7] as [UInt8], [3, 0] as [UInt8], into: UInt8(9)) == [66, 0])
    #expect(
      runKernel(jq_mod_u8, [200, 7] as [UInt8], [3, 0] as [UInt8], into: UInt8(9)) == [2, 0])
  }

  @Test func arithmeticWraps() {
    var inputs = KernelTestInputs(state: 11)
    let a = (0..<103).map { _ in Int32(truncatingIfNeeded: Int64(bitPattern: inputs.bits())) }
    let b = (0..<103).map { _ in Int32(truncatingIfNeeded: Int64(bitPattern: inputs.bits())) }
    #expect(runKernel(jq_add_i32, a, b, into: Int32(0)) == zip(a, b).map(&+))
    #expect(runKernel(jq_sub_i32, a, b, into: Int32(0)) == zip(a, b).map(&-))
    #expect(runKernel(jq_mul_i32, a, b, into: Int32(0)) == zip(a, b).map(&*))
    #expect(runKernel(jq_square_i32, a, into: Int32(0)) == a.map { $0 &* $0 })
    #expect(runKernel(jq_max_i32, a, b, into: Int32(0)) == zip(a, b).map(max))
    #expect(runKernel(jq_sign_i32, a, into: Int32(0)) == a.map { $0.signum() })
    #expect(runKernel(jq_abs_i32, [-3, .min, 4] as [Int32], into: Int32(0)) == [3, .min, 4])
    let bytes = (0..<103).map { _ in UInt8(truncatingIfNeeded: inputs.bits()) }
    #expect(runKernel(jq_neg_u8, bytes, into: UInt8(0)) == bytes.map { 0 &- $0 })
    #expect(
      runKernel(jq_mul_u8, bytes, bytes, into: UInt8(0)) == runKernel(jq_square_u8, bytes, into: 0))
    #expect(
      runKernel(jq_min_u8, bytes, bytes.reversed(), into: UInt8(0))
        == zip(bytes, bytes.reversed()).map(min))
  }

  @Test func integerPower() {
    let base: [Int64] = [2, -2, 3, 0, 0, 1, -1, -1, 2, 10, -1]
    let exponent: [Int64] = [62, 3, 0, 0, 5, -7, -7, -8, -1, 19, .min]
    #expect(
      runKernel(jq_pow_i64, base, exponent, into: Int64(9))
        == [1 << 62, -8, 1, 1, 0, 1, -1, 1, 0, -8_446_744_073_709_551_616, 1])
    #expect(
      runKernel(jq_pow_i32, [3, 3] as [Int32], [19, 21] as [Int32], into: Int32(0))
        == [1_162_261_467, 1_870_418_611])
  }

  @Test func floatsToIntegersTruncateAndSaturate() {
    let x: [Double] = [
      1.9, -1.9, .nan, .infinity, -.infinity, 3e9, -3e9, 1e19, -1e19, 2_147_483_647.9, 300.7, -1,
    ]
    #expect(
      runKernel(jq_cast_f64_i32, x, into: Int32(9)) == [
        1, -1, 0, .max, .min, .max, .min, .max, .min, .max, 300, -1,
      ])
    #expect(
      runKernel(jq_cast_f64_i64, x, into: Int64(9)) == [
        1, -1, 0, .max, .min, 3_000_000_000, -3_000_000_000, .max, .min, 2_147_483_647, 300, -1,
      ])
    let bytes = runKernel(jq_cast_f64_u8, x, into: UInt8(9))
    #expect(
      bytes[0] == 1 && bytes[1] == 255 && bytes[2] == 0 && bytes[10] == 44 && bytes[11] == 255)
    let truth = runKernel(jq_cast_f64_b8, [0, -0.0, .nan, 0.5, -2] as [Double], into: UInt8(9))
    #expect(truth == [0, 0, 1, 1, 1])
    let narrow: [Float] = [1.9, -1.9, .nan, .infinity, -.infinity, 3e9, 2_147_483_520, 256]
    #expect(
      runKernel(jq_cast_f32_i32, narrow, into: Int32(9)) == [
        1, -1, 0, .max, .min, .max, 2_147_483_520, 256,
      ])
    #expect(
      runKernel(jq_cast_f32_i64, narrow, into: Int64(9)) == [
        1, -1, 0, .max, .min, 3_000_000_000, 2_147_483_520, 256,
      ])
    #expect(runKernel(jq_cast_f32_u8, narrow, into: UInt8(9)).last == 0)
  }

  @Test func everyIntegerConversion() {
    var inputs = KernelTestInputs(state: 12)
    let wide = (0..<77).map { _ in Int64(bitPattern: inputs.bits() >> (inputs.bits() % 60)) }
    let narrow = wide.map { Int32(truncatingIfNeeded: $0) }
    let bytes = wide.map { UInt8(truncatingIfNeeded: $0) }
    let bools = wide.map { UInt8($0 & 1) }
    #expect(runKernel(jq_cast_i64_i32, wide, into: Int32(9)) == narrow)
    #expect(runKernel(jq_cast_i64_u8, wide, into: UInt8(9)) == bytes)
    #expect(runKernel(jq_cast_i64_f32, wide, into: Float(9)) == wide.map { Float($0) })
    #expect(runKernel(jq_cast_i64_f64, wide, into: 9.0) == wide.map { Double($0) })
    #expect(runKernel(jq_cast_i32_i64, narrow, into: Int64(9)) == narrow.map { Int64($0) })
    #expect(runKernel(jq_cast_i32_u8, narrow, into: UInt8(9)) == bytes)
    #expect(runKernel(jq_cast_i32_f32, narrow, into: Float(9)) == narrow.map { Float($0) })
    #expect(runKernel(jq_cast_i32_f64, narrow, into: 9.0) == narrow.map { Double($0) })
    #expect(runKernel(jq_cast_i32_b8, narrow, into: UInt8(9)) == narrow.map { $0 != 0 ? 1 : 0 })
    #expect(runKernel(jq_cast_u8_i32, bytes, into: Int32(9)) == bytes.map { Int32($0) })
    #expect(runKernel(jq_cast_u8_i64, bytes, into: Int64(9)) == bytes.map { Int64($0) })
    #expect(runKernel(jq_cast_u8_f32, bytes, into: Float(9)) == bytes.map { Float($0) })
    #expect(runKernel(jq_cast_u8_b8, bytes, into: UInt8(9)) == bytes.map { $0 != 0 ? 1 : 0 })
    #expect(runKernel(jq_cast_b8_f32, bools, into: Float(9)) == bools.map { Float($0) })
    #expect(runKernel(jq_cast_b8_f64, bools, into: 9.0) == bools.map { Double($0) })
    #expect(runKernel(jq_cast_b8_i64, bools, into: Int64(9)) == bools.map { Int64($0) })
    let floats = wide.map { Float($0) }
    #expect(runKernel(jq_cast_f32_f64, floats, into: 9.0) == floats.map { Double($0) })
    let doubles = wide.map { Double($0) / 3 }
    #expect(runKernel(jq_cast_f64_f32, doubles, into: Float(9)) == doubles.map { Float($0) })
  }
}
