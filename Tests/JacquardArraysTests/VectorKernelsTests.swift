import CVectorKernels
import Foundation
import Testing

/// A small generator of reproducible test inputs (SplitMix64).
struct KernelTestInputs {
  var state: UInt64

  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(bits() >> 11) * 0x1p-53
  }

  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(bits() % UInt64(range.upperBound - range.lowerBound + 1))
  }
}

/// Runs an elementwise kernel over whole arrays, into an array of its own.
func runKernel<A: BitwiseCopyable, Result: BitwiseCopyable>(
  _ kernel: jq_tile_function, _ a: [A], into zero: Result
) -> [Result] {
  var out = [Result](repeating: zero, count: a.count)
  kernel(a.count, a, nil, nil, &out)
  return out
}

func runKernel<A: BitwiseCopyable, B: BitwiseCopyable, Result: BitwiseCopyable>(
  _ kernel: jq_tile_function, _ a: [A], _ b: [B], into zero: Result
) -> [Result] {
  var out = [Result](repeating: zero, count: a.count)
  kernel(a.count, a, b, nil, &out)
  return out
}

func runKernel<
  A: BitwiseCopyable, B: BitwiseCopyable, C: BitwiseCopyable, Result: BitwiseCopyable
>(
  _ kernel: jq_tile_function, _ a: [A], _ b: [B], _ c: [C], into zero: Result
) -> [Result] {
  var out = [Result](repeating: zero, count: a.count)
  kernel(a.count, a, b, c, &out)
  return out
}

/// Elementwise kernels: what they compute, in place and in tiles of any size.
@Suite struct VectorKernelsTests {
  static let floatUnary: [(String, jq_tile_function, jq_tile_function)] = [
    ("neg", jq_neg_f32, jq_neg_f64), ("abs", jq_abs_f32, jq_abs_f64),
    ("sign", jq_sign_f32, jq_sign_f64), ("square", jq_square_f32, jq_square_f64),
    ("sqrt", jq_sqrt_f32, jq_sqrt_f64), ("rsqrt", jq_rsqrt_f32, jq_rsqrt_f64),
    ("reciprocal", jq_reciprocal_f32, jq_reciprocal_f64), ("exp", jq_exp_f32, jq_exp_f64),
    ("expm1", jq_expm1_f32, jq_expm1_f64), ("log", jq_log_f32, jq_log_f64),
    ("log1p", jq_log1p_f32, jq_log1p_f64), ("floor", jq_floor_f32, jq_floor_f64),
    ("ceil", jq_ceil_f32, jq_ceil_f64), ("trunc", jq_trunc_f32, jq_trunc_f64),
    ("round", jq_round_f32, jq_round_f64), ("sin", jq_sin_f32, jq_sin_f64),
    ("cos", jq_cos_f32, jq_cos_f64), ("erf", jq_erf_f32, jq_erf_f64),
    ("tanh", jq_tanh_f32, jq_tanh_f64), ("sigmoid", jq_sigmoid_f32, jq_sigmoid_f64),
    ("relu", jq_relu_f32, jq_relu_f64), ("elu", jq_elu_f32, jq_elu_f64),
    ("softplus", jq_softplus_f32, jq_softplus_f64), ("copy", jq_copy_f32, jq_copy_f64),
  ]

  static let floatBinary: [(String, jq_tile_function, jq_tile_function)] = [
    ("add", jq_add_f32, jq_add_f64), ("sub", jq_sub_f32, jq_sub_f64),
    ("mul", jq_mul_f32, jq_mul_f64), ("div", jq_div_f32, jq_div_f64),
    ("floordiv", jq_floordiv_f32, jq_floordiv_f64), ("mod", jq_mod_f32, jq_mod_f64),
    ("min", jq_min_f32, jq_min_f64), ("max", jq_max_f32, jq_max_f64),
    ("pow", jq_pow_f32, jq_pow_f64), ("tanh_grad", jq_tanh_grad_f32, jq_tanh_grad_f64),
    ("sigmoid_grad", jq_sigmoid_grad_f32, jq_sigmoid_grad_f64),
    ("relu_grad", jq_relu_grad_f32, jq_relu_grad_f64),
    ("elu_grad", jq_elu_grad_f32, jq_elu_grad_f64),
  ]

  static func floatInputs(_ count: Int, seed: UInt64) -> [Float] {
    var inputs = KernelTestInputs(state: seed)
    var values: [Float] = [
      0, -0.0, .infinity, -.infinity, .nan, 1, -1, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
      3e6, -7e20, 88.72, -103.5, 0.5, -2.5, 1e-20,
    ]
    while values.count < count { values.append(Float(inputs.uniform(-6...6))) }
    return values
  }

  // Equal bits, but for NaNs, whose payload follows the operand that the compiler put first.
  static func expectSameBits(_ x: [Float], _ y: [Float], _ name: String) {
    let same = zip(x, y).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
    #expect(same, "\(name)")
  }

  static func expectSameBits(_ x: [Double], _ y: [Double], _ name: String) {
    let same = zip(x, y).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
    #expect(same, "\(name)")
  }

  @Test func oneElementAtATimeGivesTheSameBits() {
    let x = Self.floatInputs(1000, seed: 1)
    let y = Array(Self.floatInputs(1000, seed: 2).reversed())
    let wideX = x.map(Double.init)
    let wideY = y.map(Double.init)
    for (name, narrow, wide) in Self.floatUnary {
      Self.expectSameBits(
        runKernel(narrow, x, into: Float(0)),
        x.flatMap { runKernel(narrow, [$0], into: Float(0)) }, name)
      Self.expectSameBits(
        runKernel(wide, wideX, into: 0.0), wideX.flatMap { runKernel(wide, [$0], into: 0.0) }, name)
    }
    for (name, narrow, wide) in Self.floatBinary {
      Self.expectSameBits(
        runKernel(narrow, x, y, into: Float(0)),
        zip(x, y).flatMap { runKernel(narrow, [$0], [$1], into: Float(0)) }, name)
      Self.expectSameBits(
        runKernel(wide, wideX, wideY, into: 0.0),
        zip(wideX, wideY).flatMap { runKernel(wide, [$0], [$1], into: 0.0) }, name)
    }
  }

  @Test func tilesOfAnySizeGiveTheSameBits() {
    let x = Self.floatInputs(301, seed: 3).map { abs($0) > 1e6 ? 0.25 : $0 }
    for (name, kernel, _) in Self.floatUnary {
      let whole = runKernel(kernel, x, into: Float(0))
      for size in [7, 16, 33, 100] {
        let tiled = stride(from: 0, to: x.count, by: size).flatMap {
          runKernel(kernel, Array(x[$0..<min($0 + size, x.count)]), into: Float(0))
        }
        Self.expectSameBits(whole, tiled, "\(name) in tiles of \(size)")
      }
    }
  }

  @Test func inPlaceEqualsOutOfPlace() {
    let x = Self.floatInputs(1003, seed: 4)
    let y = Array(Self.floatInputs(1003, seed: 5).reversed())
    let wideX = x.map(Double.init)
    for (name, narrow, wide) in Self.floatUnary {
      var inPlace = x
      inPlace.withUnsafeMutableBytes { narrow(x.count, $0.baseAddress, nil, nil, $0.baseAddress) }
      Self.expectSameBits(inPlace, runKernel(narrow, x, into: Float(0)), name)
      var wideInPlace = wideX
      wideInPlace.withUnsafeMutableBytes { wide(x.count, $0.baseAddress, nil, nil, $0.baseAddress) }
      Self.expectSameBits(wideInPlace, runKernel(wide, wideX, into: 0.0), name)
    }
    for (name, kernel, _) in Self.floatBinary {
      let expected = runKernel(kernel, x, y, into: Float(0))
      var first = x
      first.withUnsafeMutableBytes { kernel(x.count, $0.baseAddress, y, nil, $0.baseAddress) }
      Self.expectSameBits(first, expected, "\(name) into a")
      var second = y
      second.withUnsafeMutableBytes { kernel(x.count, x, $0.baseAddress, nil, $0.baseAddress) }
      Self.expectSameBits(second, expected, "\(name) into b")
    }
    var third = y
    third.withUnsafeMutableBytes { jq_fma_f32(x.count, x, x, $0.baseAddress, $0.baseAddress) }
    Self.expectSameBits(third, runKernel(jq_fma_f32, x, x, y, into: Float(0)), "fma into c")
    var integers = x.map { Int32(truncatingIfNeeded: Int($0.bitPattern)) }
    let asFloats = runKernel(jq_cast_i32_f32, integers, into: Float(0))
    integers.withUnsafeMutableBytes {
      jq_cast_i32_f32(x.count, $0.baseAddress, nil, nil, $0.baseAddress)
    }
    #expect(integers.map { UInt32(bitPattern: $0) } == asFloats.map(\.bitPattern))
  }

  @Test func minimumAndMaximumPropagateNaN() {
    let a: [Float] = [1, .nan, 2, .nan, -.infinity]
    let b: [Float] = [2, 1, .nan, .nan, 3]
    let least = runKernel(jq_min_f32, a, b, into: Float(0))
    let greatest = runKernel(jq_max_f32, a, b, into: Float(0))
    #expect(least[0] == 1 && greatest[0] == 2 && least[4] == -.infinity && greatest[4] == 3)
    #expect(least[1...3].allSatisfy(\.isNaN) && greatest[1...3].allSatisfy(\.isNaN))
  }

  @Test func floatDivisionFloorsAsInPython() {
    let a: [Double] = [7, -7, 7, -7, 6, -6, 5.5, .infinity, 1, -1]
    let b: [Double] = [3, 3, -3, -3, 3, 3, -2, 2, .infinity, .infinity]
    let quotient = runKernel(jq_floordiv_f64, a, b, into: 0.0)
    let remainder = runKernel(jq_mod_f64, a, b, into: 0.0)
    #expect(Array(quotient[0..<7]) == [2, -3, -3, 2, 2, -2, -3])
    #expect(Array(remainder[0..<7]) == [1, 2, -2, -1, 0, 0, -0.5])
    #expect(remainder[7].isNaN && remainder[8] == 1 && remainder[9] == .infinity)
  }

  @Test func roundingGoesToEven() {
    let x: [Float] = [0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 8_388_609, .infinity]
    #expect(runKernel(jq_round_f32, x, into: Float(0)) == x.map { $0.rounded(.toNearestOrEven) })
    #expect(runKernel(jq_floor_f32, x, into: Float(0)) == x.map { $0.rounded(.down) })
    #expect(runKernel(jq_ceil_f32, x, into: Float(0)) == x.map { $0.rounded(.up) })
    #expect(runKernel(jq_trunc_f32, x, into: Float(0)) == x.map { $0.rounded(.towardZero) })
  }

  @Test func gradientsTakeTheResultAndItsGradient() {
    let y: [Double] = [-0.5, 0, 0.25, 0.75]
    let dy: [Double] = [2, 3, -4, 5]
    #expect(
      runKernel(jq_tanh_grad_f64, y, dy, into: 0.0) == zip(y, dy).map { $1 * (1 - $0 * $0) })
    #expect(
      runKernel(jq_sigmoid_grad_f64, y, dy, into: 0.0) == zip(y, dy).map { $1 * ($0 * (1 - $0)) })
    #expect(runKernel(jq_relu_grad_f64, y, dy, into: 0.0) == [0, 0, -4, 5])
    #expect(runKernel(jq_elu_grad_f64, y, dy, into: 0.0) == [1, 3, -4, 5])
  }

  @Test func comparisonsAndSelection() {
    let count = 67
    let x = Self.floatInputs(count, seed: 6)
    let y = Array(x[1...] + [x[0]])
    func check(_ kernel: jq_tile_function, _ relation: (Float, Float) -> Bool, _ name: String) {
      let expected = zip(x, y).map { UInt8(relation($0, $1) ? 1 : 0) }
      #expect(runKernel(kernel, x, y, into: UInt8(9)) == expected, "\(name)")
    }
    check(jq_equal_f32, ==, "equal")
    check(jq_notequal_f32, !=, "notequal")
    check(jq_less_f32, <, "less")
    check(jq_lessequal_f32, <=, "lessequal")
    check(jq_greater_f32, >, "greater")
    check(jq_greaterequal_f32, >=, "greaterequal")
    #expect(runKernel(jq_isnan_f32, x, into: UInt8(9)) == x.map { $0.isNaN ? 1 : 0 })
    #expect(runKernel(jq_isfinite_f32, x, into: UInt8(9)) == x.map { $0.isFinite ? 1 : 0 })
    let condition = (0..<count).map { UInt8($0 % 3 == 0 ? 1 : 0) }
    let chosen = (0..<count).map { condition[$0] != 0 ? x[$0] : y[$0] }
    Self.expectSameBits(runKernel(jq_select_f32, condition, x, y, into: Float(0)), chosen, "select")
    let bits = (0..<count).map { UInt8($0 / 2 % 2) }
    #expect(runKernel(jq_and_b8, condition, bits, into: UInt8(9)) == zip(condition, bits).map(&))
    #expect(runKernel(jq_or_b8, condition, bits, into: UInt8(9)) == zip(condition, bits).map(|))
    #expect(runKernel(jq_xor_b8, condition, bits, into: UInt8(9)) == zip(condition, bits).map(^))
    #expect(runKernel(jq_not_b8, bits, into: UInt8(9)) == bits.map { 1 - $0 })
  }
}
