import Foundation
import JacquardArrays

@testable import Jacquard

private typealias Rows = ElementwiseRows

extension OpCase {
  /// Rows for every elementwise op.
  static let elementwise: [OpCase] =
    arithmetic + powers + exponentials + rounding + trigonometry + activations
    + activationGradients + classification + comparisons + logic + choice + casts + clipping

  // MARK: - Arithmetic

  private static let arithmetic: [OpCase] =
    Rows.binary("Add", Rows.numeric, over: -5...5, -3...7, { $0 + $1 }, { $0 + $1 })
    + Rows.unary("Add", Rows.signed, over: -5...5, { 2 + $0 + 3 }, { $0 + 5 })
    + Rows.binary("Subtract", Rows.signed, over: -5...5, -3...7, { $0 - $1 }, { $0 - $1 })
    + Rows.unary("Subtract", Rows.signed, over: -5...5, { 1 - ($0 - 4) }, { 5 - $0 })
    + Rows.binary("Multiply", Rows.signed, over: -5...5, -3...7, { $0 * $1 }, { $0 * $1 })
    + Rows.unary("Multiply", Rows.signed, over: -5...5, { 2 * $0 * 3 }, { 6 * $0 })
    + Rows.binary("Divide", over: -5...5, 0.5...4, { $0 / $1 }, { $0 / $1 })
    + Rows.unary("Divide", over: 0.5...4, { 3 / $0 / 4 }, { 0.75 / $0 })
    + Rows.unary("Negate", Rows.signed, over: -5...5, { -$0 }, { -$0 })
    + Rows.unary("Abs", Rows.signed, over: -5...5, { abs($0) }, { abs($0) })
    + Rows.unary("Sign", Rows.signed, over: -3...3, { sign($0) }, signum)
    + Rows.extremes(
      "Sign", [-.infinity, -0.0, 0, .infinity, .nan], { sign($0) }, signum)
    + Rows.unary("Square", Rows.numeric, over: 0...9, { square($0) }, { $0 * $0 })
    + Rows.binary(
      "FloorDivide", Rows.signed, over: -20...20, 1...6, differentiable: [false, false],
      { floorDivide($0, $1) }, { ($0 / $1).rounded(.down) })
    + Rows.binary(
      "FloorDivide", Rows.signed, over: -20...20, -6 ... -1, differentiable: [false, false],
      note: ", negative",
      { floorDivide($0, $1) }, { ($0 / $1).rounded(.down) })
    + Rows.unary(
      "FloorDivide", Rows.numeric, over: 0...20, differentiable: false, { floorDivide($0, 3) },
      { ($0 / 3).rounded(.down) })
    + Rows.binary(
      "FloorModulo", Rows.signed, over: -20...20, 1...6, { floorModulo($0, $1) },
      { $0 - $1 * ($0 / $1).rounded(.down) })
    + Rows.binary(
      "FloorModulo", Rows.signed, over: -20...20, -6 ... -1, note: ", negative",
      { floorModulo($0, $1) },
      { $0 - $1 * ($0 / $1).rounded(.down) })
    + Rows.binary(
      "Minimum", Rows.numeric, over: 0...9, 0...8, { minimum($0, $1) }, { min($0, $1) })
    + Rows.unary("Minimum", over: -3...3, { minimum($0, 1) }, { min($0, 1) })
    + Rows.binary(
      "Maximum", Rows.numeric, over: 0...9, 0...8, { maximum($0, $1) }, { max($0, $1) })
    + Rows.unary("Maximum", over: -3...3, { maximum($0, 1) }, { max($0, 1) })

  @Sendable private static func signum(_ x: Double) -> Double {
    x.isNaN ? x : x > 0 ? 1 : x < 0 ? -1 : 0
  }

  // MARK: - Powers and exponentials

  private static let powers: [OpCase] =
    Rows.unary("SquareRoot", over: 0.1...9, { sqrt($0) }, { $0.squareRoot() })
    + Rows.extremes("SquareRoot", [0, .infinity, -1, .nan], { sqrt($0) }, { $0.squareRoot() })
    + Rows.unary(
      "ReciprocalSquareRoot", over: 0.1...9, { rsqrt($0) }, { 1 / $0.squareRoot() })
    + Rows.binary("Power", over: 0.2...4, -3...3, { pow($0, $1) }, { pow($0, $1) })
    + Rows.unary("Power", over: 0.2...4, { pow($0, -2.5) }, { pow($0, -2.5) })
    + Rows.unary("Power", [.int32, .int64], over: -5...5, { pow($0, 3) }, { $0 * $0 * $0 })
    + [
      // At x = 0 and below, whole exponents are smooth in x.
      Rows.row(
        "Power", "float64 of zero and below",
        [NDArray([0, -1.5, -2, 0] as [Double]), NDArray([2, 3, 0, 0] as [Double])],
        result: .float64,
        differentiable: [true, false], { pow($0[0], $0[1]) }, { pow($0[0], $0[1]) })
    ]

  private static let exponentials: [OpCase] =
    Rows.unary("Exp", over: -5...5, { exp($0) }, { exp($0) })
    + Rows.extremes("Exp", [-.infinity, -1000, 0, 1000, .infinity, .nan], { exp($0) }, { exp($0) })
    + Rows.unary("Log", over: 0.1...9, { log($0) }, { log($0) })
    + Rows.extremes("Log", [0, 1, .infinity, -1, .nan], { log($0) }, { log($0) })
    + Rows.unary("Log1p", over: -0.8...9, { log1p($0) }, { log1p($0) })
    + Rows.unary("Expm1", over: -3...3, { expm1($0) }, { expm1($0) })
    + Rows.unary("Erf", over: -2...2, { erf($0) }, { erf($0) })

  // MARK: - Rounding and trigonometry

  private static let rounding: [OpCase] =
    Rows.unary(
      "Floor", over: -5...5, differentiable: false, { floor($0) }, { $0.rounded(.down) })
    + Rows.unary("Ceil", over: -5...5, differentiable: false, { ceil($0) }, { $0.rounded(.up) })
    + Rows.unary(
      "Round", over: -5...5, differentiable: false, { round($0) },
      { $0.rounded(.toNearestOrEven) })
    + Rows.extremes(
      "Round", [-1.5, -0.5, 0.5, 1.5, 2.5, 1e30, .infinity, .nan], { round($0) },
      { $0.rounded(.toNearestOrEven) })

  private static let trigonometry: [OpCase] =
    Rows.unary("Sin", over: -6...6, { sin($0) }, { sin($0) })
    + Rows.unary("Cos", over: -6...6, { cos($0) }, { cos($0) })

  // MARK: - Activations

  private static let activations: [OpCase] =
    Rows.unary("Tanh", over: -3...3, { tanh($0) }, { tanh($0) })
    + Rows.extremes("Tanh", [-.infinity, -30, 0, 30, .infinity, .nan], { tanh($0) }, { tanh($0) })
    + Rows.unary("Sigmoid", over: -5...5, { sigmoid($0) }, { 1 / (1 + exp(-$0)) })
    + Rows.extremes(
      "Sigmoid", [-.infinity, 0, 100, .infinity, .nan], { sigmoid($0) }, { 1 / (1 + exp(-$0)) })
    + Rows.unary("Relu", over: -3...3, { relu($0) }, { max($0, 0) })
    + Rows.unary("Elu", over: -3...3, { elu($0) }, { $0 > 0 ? $0 : expm1($0) })
    + Rows.unary("Softplus", over: -5...5, { softplus($0) }, { log1p(exp($0)) })
    + Rows.extremes(
      "Softplus", [-.infinity, 1000, .infinity, .nan], { softplus($0) },
      { $0 > 100 ? $0 : log1p(exp($0)) })

  private static let activationGradients: [OpCase] =
    Rows.binary(
      "TanhGradient", over: -0.9...0.9, -2...2, { $0.graph.insert(TanhGradient(), $0, $1) },
      { $1 * (1 - $0 * $0) })
    + Rows.binary(
      "SigmoidGradient", over: 0.1...0.9, -2...2, { $0.graph.insert(SigmoidGradient(), $0, $1) },
      { $1 * $0 * (1 - $0) })
    + Rows.binary(
      "ReluGradient", over: -3...3, -2...2, { $0.graph.insert(ReluGradient(), $0, $1) },
      { $0 > 0 ? $1 : 0 })
    + Rows.binary(
      "EluGradient", over: -0.9...3, -2...2, { $0.graph.insert(EluGradient(), $0, $1) },
      { $0 > 0 ? $1 : $1 * ($0 + 1) })

  // MARK: - Booleans

  private static let classification: [OpCase] =
    Rows.unary(
      "IsFinite", over: -5...5, result: .bool, differentiable: false, { isFinite($0) }, { _ in 1 })
    + Rows.extremes(
      "IsFinite", [-.infinity, 0, 1e30, .infinity, .nan], result: .bool, { isFinite($0) },
      { $0.isFinite ? 1 : 0 })
    + Rows.unary(
      "IsNaN", over: -5...5, result: .bool, differentiable: false, { isNaN($0) }, { _ in 0 })
    + Rows.extremes(
      "IsNaN", [-.infinity, 0, 1e30, .infinity, .nan], result: .bool, { isNaN($0) },
      { $0.isNaN ? 1 : 0 })

  private static let comparisons: [OpCase] =
    comparison("Equal", { $0 .== $1 }, { $0 .== 2 }, { 2 .== $0 }, { $0 == $1 })
    + comparison("NotEqual", { $0 .!= $1 }, { $0 .!= 2 }, { 2 .!= $0 }, { $0 != $1 })
    + comparison("Less", { $0 .< $1 }, { $0 .< 2 }, { 2 .< $0 }, { $0 < $1 })
    + comparison("LessOrEqual", { $0 .<= $1 }, { $0 .<= 2 }, { 2 .<= $0 }, { $0 <= $1 })
    + comparison("Greater", { $0 .> $1 }, { $0 .> 2 }, { 2 .> $0 }, { $0 > $1 })
    + comparison("GreaterOrEqual", { $0 .>= $1 }, { $0 .>= 2 }, { 2 .>= $0 }, { $0 >= $1 })
    + logical("Equal", { $0 .== $1 }, { $0 == $1 })
    + logical("NotEqual", { $0 .!= $1 }, { $0 != $1 })

  private static func comparison(
    _ op: String, _ build: @escaping Rows.Binary, _ withNumber: @escaping Rows.Unary,
    _ ofNumber: @escaping Rows.Unary, _ reference: @escaping @Sendable (Double, Double) -> Bool
  ) -> [OpCase] {
    Rows.binary(
      op, Rows.numeric, over: 0...4, 0...4, result: .bool, differentiable: [false, false], build
    ) { reference($0, $1) ? 1 : 0 }
      + Rows.unary(
        op, [.int32], over: 0...5, result: .bool, differentiable: false, note: " with a number",
        withNumber
      ) { reference($0, 2) ? 1 : 0 }
      + Rows.unary(
        op, [.int32], over: 0...5, result: .bool, differentiable: false, note: " of a number",
        ofNumber
      ) { reference(2, $0) ? 1 : 0 }
      + Rows.extremes(op, [.nan, 2, .infinity], result: .bool, withNumber) {
        reference($0, 2) ? 1 : 0
      }
  }

  private static let logic: [OpCase] =
    logical("LogicalAnd", { $0 .& $1 }, { $0 && $1 })
    + logical("LogicalOr", { $0 .| $1 }, { $0 || $1 })
    + logical("LogicalXor", { $0 .^ $1 }, { $0 != $1 })
    + Rows.unary(
      "LogicalNot", [.bool], over: 0...2, result: .bool, differentiable: false, { .!$0 },
      { 1 - $0 })

  private static func logical(
    _ op: String, _ build: @escaping Rows.Binary,
    _ reference: @escaping @Sendable (Bool, Bool) -> Bool
  ) -> [OpCase] {
    Rows.binary(
      op, [.bool], over: 0...2, 0...2, result: .bool, differentiable: [false, false], build
    ) { reference($0 != 0, $1 != 0) ? 1 : 0 }
  }

  // MARK: - Choice, conversion, clipping

  private static let choice: [OpCase] =
    [DType.float32, .float64, .int32, .int64, .uint8, .bool].map { dtype in
      Rows.row(
        "Select", "\(dtype) [3, 4]",
        [
          Rows.points(.bool, [3, 4], 0...2), Rows.points(dtype, [3, 4], 0...2),
          Rows.points(dtype, [3, 4], 0...2, from: 30),
        ], result: dtype,
        differentiable: [false, dtype.isFloatingPoint, dtype.isFloatingPoint],
        { select($0[0], $0[1], $0[2]) }, { $0[0] != 0 ? $0[1] : $0[2] })
    } + [
      Rows.row(
        "Select", "float32 by [3, 1] of [4] and []",
        [
          NDArray([true, false, true], shape: [3, 1]), Rows.points(.float32, [4], -2...2),
          Rows.points(.float32, [], -2...2, from: 30),
        ], result: .float32, differentiable: [false, true, true],
        { select($0[0], $0[1], $0[2]) }, { $0[0] != 0 ? $0[1] : $0[2] }),
      Rows.row(
        "Select", "float32 of numbers",
        [Rows.points(.bool, [5, 300], 0...2), Rows.points(.float32, [5, 300], -2...2)],
        result: .float32, differentiable: [false, false],
        { select($0[0], $0[1], 7) + select($0[0], 1, $0[1]) },
        { $0[0] != 0 ? $0[1] + 1 : 7 + $0[1] }),
      // The logarithm that is not chosen is NaN, and so would its gradient be.
      Rows.row(
        "Select", "float64 past a NaN", [NDArray([-1, 2, 0, 3] as [Double])], result: .float64,
        differentiable: [false], { select($0[0] .> 0, log($0[0]), 0) },
        { $0[0] > 0 ? log($0[0]) : 0 }),
    ]

  private static let casts: [OpCase] =
    DType.allCases.flatMap { source in
      DType.allCases.map { target in
        // Nonnegative: what becomes of negative numbers in uint8 has its own row.
        Rows.row(
          "Cast", "\(source) [3, 500] to \(target)", [Rows.points(source, [3, 500], 0...200)],
          result: target, differentiable: [false],
          { $0[0].cast(to: target) },
          {
            target == .bool
              ? ($0[0] != 0 ? 1 : 0) : target.isInteger ? $0[0].rounded(.towardZero) : $0[0]
          }
        )
      }
    } + [
      Rows.row(
        "Cast", "float32 [4] to float64", [Rows.points(.float32, [4], -2...2)], result: .float64,
        differentiable: [true], { $0[0].cast(to: .float64) }, { $0[0] }),
      Rows.row(
        "Cast", "float64 [4] to int32, negative", [NDArray([-1.5, -0.5, -2, -7.9] as [Double])],
        result: .int32,
        differentiable: [false], { $0[0].cast(to: .int32) }, { $0[0].rounded(.towardZero) }),
      Rows.row(
        "Cast", "float32 [4] to int32, beyond its range",
        [NDArray([3e9, -3e9, .infinity, .nan] as [Float])], result: .int32,
        differentiable: [false], { $0[0].cast(to: .int32) },
        { $0[0].isNaN ? 0 : $0[0] > 0 ? Double(Int32.max) : Double(Int32.min) }),
      Rows.row(
        "Cast", "int32 [3] to uint8, modulo 256", [NDArray([-1, 256, 300] as [Int32])],
        result: .uint8, differentiable: [false], { $0[0].cast(to: .uint8) },
        { $0[0] - 256 * ($0[0] / 256).rounded(.down) }),
    ]

  private static let clipping: [OpCase] =
    Rows.unary(
      "ClipByValue", Rows.signed, over: -3...3, { $0.clipped(to: -1...2) }, { min(max($0, -1), 2) })
    + [
      Rows.row(
        "ClipByValue", "float64 [3, 4] to bounds [4] and [3, 1]",
        [
          Rows.points(.float64, [3, 4], -3...3), Rows.points(.float64, [4], -2...0, from: 20),
          Rows.points(.float64, [3, 1], 0...2, from: 40),
        ], result: .float64, differentiable: [true, true, true],
        { $0[0].clipped(from: $0[1], to: $0[2]) }, { min(max($0[0], $0[1]), $0[2]) })
    ]
}
