import JacquardArrays

@testable import Jacquard

extension GoldenPrograms {
  static let elementwise: [String: GoldenProgram] = [
    "neg": unary { -$0 },
    "abs": unary { abs($0) },
    "sign": unary { sign($0) },
    "square": unary { square($0) },
    "sqrt": unary { sqrt($0) },
    "rsqrt": unary { rsqrt($0) },
    "reciprocal": unary { 1 / $0 },
    "exp": unary { exp($0) },
    "log": unary { log($0) },
    "log1p": unary { log1p($0) },
    "expm1": unary { expm1($0) },
    "floor": unary { floor($0) },
    "ceil": unary { ceil($0) },
    "rint": unary { round($0) },
    "sin": unary { sin($0) },
    "cos": unary { cos($0) },
    "erf": unary { erf($0) },
    "tanh": unary { tanh($0) },
    "sigmoid": unary { sigmoid($0) },
    "relu": unary { relu($0) },
    "elu": unary { elu($0) },
    "softplus": unary { softplus($0) },
    "softsign": unary { $0 / (abs($0) + 1) },
    "l2_loss": unary { square($0).sum() / 2 },
  ]

  static let pairwise: [String: GoldenProgram] = [
    "add": binary { $0 + $1 },
    "sub": binary { $0 - $1 },
    "mul": binary { $0 * $1 },
    "truediv": binary { quotient($0, $1) },
    "floordiv": binary { floorDivide($0, $1) },
    "floormod": binary { floorModulo($0, $1) },
    "minimum": binary { minimum($0, $1) },
    "maximum": binary { maximum($0, $1) },
    "squared_difference": binary { square($0 - $1) },
    "pow": binary { pow($0, $1) },
    "equal": binary { $0 .== $1 },
    "not_equal": binary { $0 .!= $1 },
    "less": binary { $0 .< $1 },
    "less_equal": binary { $0 .<= $1 },
    "greater": binary { $0 .> $1 },
    "greater_equal": binary { $0 .>= $1 },
    "where": { _, x in [select(x[0], x[1], x[2])] },
    "clip_by_value": { golden, x in
      if let low = golden.number("minimum"), let high = golden.number("maximum") {
        return [x[0].clipped(to: low...high)]
      }
      return [x[0].clipped(from: x[1], to: x[2])]
    },
    "clip_by_norm": { golden, x in
      let limit = golden.number("clipNorm")!
      return [x[0] * limit / maximum(sqrt(square(x[0]).sum()), limit)]
    },
    "clip_by_global_norm": { golden, x in
      let limit = golden.number("clipNorm")!
      let norm = sqrt(sum(of: x.map { square($0).sum() }))
      let scale = limit / maximum(norm, limit)
      return x.map { $0 * scale } + [norm]
    },
  ]

  /// Whole numbers are divided as float64.
  private static func quotient(_ a: Tensor, _ b: Tensor) -> Tensor {
    a.dtype.isFloatingPoint ? a / b : a.cast(to: .float64) / b.cast(to: .float64)
  }
}
