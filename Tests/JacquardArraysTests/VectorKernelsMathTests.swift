import CVectorKernels
import Foundation
import Testing

/// Accuracy of the transcendental kernels against libm in double precision.
@Suite struct VectorKernelsMathTests {
  typealias Reference = @Sendable (Double) -> Double

  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
  static func elu(_ x: Double) -> Double { x > 0 ? x : expm1(x) }

  struct Function: Sendable {
    let name: String
    let narrow: jq_tile_function
    let wide: jq_tile_function
    let reference: Reference
    let range: ClosedRange<Double>

    init(
      _ name: String, _ narrow: jq_tile_function, _ wide: jq_tile_function,
      _ reference: @escaping Reference, _ range: ClosedRange<Double>
    ) {
      (self.name, self.narrow, self.wide) = (name, narrow, wide)
      (self.reference, self.range) = (reference, range)
    }
  }

  static let functions = [
    Function("exp", jq_exp_f32, jq_exp_f64, exp, -87.2...88.7),
    Function("expm1", jq_expm1_f32, jq_expm1_f64, expm1, -60...88.7),
    Function("log", jq_log_f32, jq_log_f64, log, 1e-30...1e30),
    Function("log1p", jq_log1p_f32, jq_log1p_f64, log1p, -0.999...1e6),
    Function("tanh", jq_tanh_f32, jq_tanh_f64, tanh, -20...20),
    Function("sigmoid", jq_sigmoid_f32, jq_sigmoid_f64, sigmoid, -87...90),
    Function("elu", jq_elu_f32, jq_elu_f64, elu, -60...20),
    Function("softplus", jq_softplus_f32, jq_softplus_f64, softplus, -87...90),
    Function("erf", jq_erf_f32, jq_erf_f64, erf, -4.5...4.5),
    Function("sin", jq_sin_f32, jq_sin_f64, sin, -3e6...3e6),
    Function("cos", jq_cos_f32, jq_cos_f64, cos, -3e6...3e6),
    Function("sqrt", jq_sqrt_f32, jq_sqrt_f64, { $0.squareRoot() }, 0...1e30),
    Function("rsqrt", jq_rsqrt_f32, jq_rsqrt_f64, { 1 / $0.squareRoot() }, 1e-30...1e30),
  ]

  // Over the range, around 1, and near zero on a logarithmic scale.
  static func inputs(for range: ClosedRange<Double>, smallest: Double) -> [Double] {
    var inputs = KernelTestInputs(state: 21)
    var values: [Double] = []
    for _ in 0..<2000 {
      values.append(inputs.uniform(range))
      values.append(inputs.uniform(-5...5))
      values.append(1 + inputs.uniform(-0.01...0.01))
      let magnitude = pow(10, inputs.uniform(smallest...2))
      values.append(inputs.bits() & 1 == 0 ? magnitude : -magnitude)
    }
    return values.filter { range.contains($0) }
  }

  @Test func float32StaysWithin3e7() {
    for function in Self.functions {
      let x = Self.inputs(for: function.range, smallest: -30).map { Float($0) }
      let y = runKernel(function.narrow, x, into: Float(0))
      var worst = 0.0
      for (x, y) in zip(x, y) {
        let exact = function.reference(Double(x))
        if abs(exact) > 1e-37 { worst = max(worst, abs((Double(y) - exact) / exact)) }
      }
      #expect(worst < 3e-7, "\(function.name): \(worst)")
    }
  }

  @Test func float64StaysWithin1e14() {
    for function in Self.functions {
      let x = Self.inputs(for: function.range, smallest: -200)
      let y = runKernel(function.wide, x, into: 0.0)
      var worst = 0.0
      for (x, y) in zip(x, y) {
        let exact = function.reference(x)
        if exact != 0 { worst = max(worst, abs((y - exact) / exact)) }
      }
      #expect(worst < 1e-14, "\(function.name): \(worst)")
    }
  }

  @Test func float64RangesBeyondFloat32() {
    let x: [Double] = [-745, -708.5, -650, 650, 709.7, 710, -746, 0x1p-1030]
    let y = runKernel(jq_exp_f64, x, into: 0.0)
    for (x, y) in zip(x, y) {
      let exact = exp(x)
      #expect(y == exact || abs(y - exact) <= max(1e-14 * exact, 0x1p-1074), "exp(\(x))")
    }
    let logarithms = runKernel(jq_log_f64, [0x1p-1074, 0x1p-1030, 1.7e308], into: 0.0)
    for (y, x) in zip(logarithms, [0x1p-1074, 0x1p-1030, 1.7e308]) {
      #expect(abs(y - log(x)) < 1e-14 * abs(log(x)), "log(\(x))")
    }
    let far = runKernel(jq_sigmoid_f64, [-700, -745, 800] as [Double], into: 0.0)
    #expect(abs(far[0] / exp(-700) - 1) < 1e-14 && far[1] > 0 && far[2] == 1)
  }

  @Test func specialValues() {
    let x: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 89, -104, -200, -1, -2, 0x1p-149, 1e38]
    for function in Self.functions {
      let narrow = runKernel(function.narrow, x, into: Float(0))
      let wide = runKernel(function.wide, x.map(Double.init), into: 0.0)
      for (index, x) in x.enumerated() {
        let exact = function.reference(Double(x))
        let name = "\(function.name)(\(x))"
        if exact.isNaN {
          #expect(narrow[index].isNaN && wide[index].isNaN, "\(name)")
          continue
        }
        let single = Float(exact)
        #expect(
          narrow[index] == single
            || abs(narrow[index] - single) <= max(3e-7 * abs(single), 0x1p-148),
          "\(name) = \(narrow[index])")
        #expect(
          wide[index] == exact || abs(wide[index] - exact) <= 1e-14 * abs(exact),
          "\(name) = \(wide[index])")
        #expect(exact != 0 || narrow[index].sign == single.sign, "sign of \(name)")
      }
    }
    let relu = runKernel(jq_relu_f32, [-1, .nan, 2, -.infinity] as [Float], into: Float(9))
    #expect(relu[0] == 0 && relu[1].isNaN && relu[2] == 2 && relu[3] == 0)
  }

  @Test func powerFollowsTheCStandard() {
    let values: [Float] = [
      0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, .infinity, -.infinity, .nan, 1e30, -1e30,
      16_777_215, -16_777_215, 2.5,
    ]
    for base in values {
      for exponent in values {
        let expected = Float(pow(Double(base), Double(exponent)))
        let single = runKernel(jq_pow_f32, [base], [exponent], into: Float(0))[0]
        let double = runKernel(jq_pow_f64, [Double(base)], [Double(exponent)], into: 0.0)[0]
        let same =
          (single.isNaN && expected.isNaN)
          || (single == expected && single.sign == expected.sign)
          || abs(single - expected) <= 3e-7 * abs(expected)
        #expect(same, "pow(\(base), \(exponent)) = \(single)")
        #expect(double.isNaN == expected.isNaN)
      }
    }
    var inputs = KernelTestInputs(state: 22)
    let base = (0..<2000).map { _ in Float(inputs.uniform(0...20)) }
    let exponent = (0..<2000).map { _ in Float(inputs.uniform(-20...20)) }
    let power = runKernel(jq_pow_f32, base, exponent, into: Float(0))
    for index in base.indices {
      let exact = pow(Double(base[index]), Double(exponent[index]))
      if exact > 1e-37 && exact < 3e38 {
        #expect(abs(Double(power[index]) / exact - 1) < 3e-7)
      }
    }
  }
}
