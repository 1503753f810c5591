import CVectorKernels
import JacquardArrays

// The instructions that CVectorKernels provides, in the order of its header.

extension VectorInstruction {
  private typealias Functions = KeyValuePairs<DType, TileFunction>

  private static func unary(
    _ name: String, _ functions: Functions, chain: Int? = nil
  ) -> VectorInstruction {
    let instruction = VectorInstruction(name, operandCount: 1, functions: functions)
    return chain.map { instruction.chained($0, reversed: $0) } ?? instruction
  }

  private static func binary(
    _ name: String, _ functions: Functions, chain: (forward: Int, reversed: Int)? = nil
  ) -> VectorInstruction {
    let instruction = VectorInstruction(name, operandCount: 2, functions: functions)
    return chain.map { instruction.chained($0.forward, reversed: $0.reversed) } ?? instruction
  }

  private static func predicate(
    _ name: String, operandCount: Int = 2, _ functions: Functions
  ) -> VectorInstruction {
    VectorInstruction(
      name, operandCount: operandCount, resultType: .dtype(.bool), functions: functions)
  }
}

// MARK: - Arithmetic of all numbers

extension VectorInstruction {
  /// `a + b`; integers wrap around.
  public static let add = binary(
    "add",
    [
      .float32: jq_add_f32, .float64: jq_add_f64, .int32: jq_add_i32, .int64: jq_add_i64,
      .uint8: jq_add_u8,
    ], chain: (JQ_CHAIN_add, JQ_CHAIN_REVERSED_add))
  /// `a - b`; integers wrap around.
  public static let subtract = binary(
    "subtract",
    [
      .float32: jq_sub_f32, .float64: jq_sub_f64, .int32: jq_sub_i32, .int64: jq_sub_i64,
      .uint8: jq_sub_u8,
    ], chain: (JQ_CHAIN_sub, JQ_CHAIN_REVERSED_sub))
  /// `a * b`; integers wrap around.
  public static let multiply = binary(
    "multiply",
    [
      .float32: jq_mul_f32, .float64: jq_mul_f64, .int32: jq_mul_i32, .int64: jq_mul_i64,
      .uint8: jq_mul_u8,
    ], chain: (JQ_CHAIN_mul, JQ_CHAIN_REVERSED_mul))
  /// `a / b`; the quotient of integers is cut off, and 0 where `b` is 0.
  public static let divide = binary(
    "divide",
    [
      .float32: jq_div_f32, .float64: jq_div_f64, .int32: jq_div_i32, .int64: jq_div_i64,
      .uint8: jq_div_u8,
    ], chain: (JQ_CHAIN_div, JQ_CHAIN_REVERSED_div))
  /// The largest whole number not above `a / b`; of integers 0 where `b` is 0.
  public static let floorDivide = binary(
    "floorDivide",
    [
      .float32: jq_floordiv_f32, .float64: jq_floordiv_f64, .int32: jq_floordiv_i32,
      .int64: jq_floordiv_i64, .uint8: jq_floordiv_u8,
    ], chain: (JQ_CHAIN_floordiv, JQ_CHAIN_REVERSED_floordiv))
  /// `a` modulo `b` with the sign of `b`; of integers 0 where `b` is 0.
  public static let floorModulo = binary(
    "floorModulo",
    [
      .float32: jq_mod_f32, .float64: jq_mod_f64, .int32: jq_mod_i32, .int64: jq_mod_i64,
      .uint8: jq_mod_u8,
    ])
  /// The smaller of two elements; NaN if either is.
  public static let minimum = binary(
    "minimum",
    [
      .float32: jq_min_f32, .float64: jq_min_f64, .int32: jq_min_i32, .int64: jq_min_i64,
      .uint8: jq_min_u8,
    ], chain: (JQ_CHAIN_min, JQ_CHAIN_REVERSED_min))
  /// The larger of two elements; NaN if either is.
  public static let maximum = binary(
    "maximum",
    [
      .float32: jq_max_f32, .float64: jq_max_f64, .int32: jq_max_i32, .int64: jq_max_i64,
      .uint8: jq_max_u8,
    ], chain: (JQ_CHAIN_max, JQ_CHAIN_REVERSED_max))
  /// `-a`; integers wrap around.
  public static let negate = unary(
    "negate",
    [
      .float32: jq_neg_f32, .float64: jq_neg_f64, .int32: jq_neg_i32, .int64: jq_neg_i64,
      .uint8: jq_neg_u8,
    ], chain: JQ_CHAIN_neg)
  /// The magnitude.
  public static let abs = unary(
    "abs",
    [
      .float32: jq_abs_f32, .float64: jq_abs_f64, .int32: jq_abs_i32, .int64: jq_abs_i64,
      .uint8: jq_abs_u8,
    ], chain: JQ_CHAIN_abs)
  /// −1, 0 or 1; NaN stays NaN.
  public static let sign = unary(
    "sign",
    [
      .float32: jq_sign_f32, .float64: jq_sign_f64, .int32: jq_sign_i32, .int64: jq_sign_i64,
      .uint8: jq_sign_u8,
    ], chain: JQ_CHAIN_sign)
  /// `a * a`; integers wrap around.
  public static let square = unary(
    "square",
    [
      .float32: jq_square_f32, .float64: jq_square_f64, .int32: jq_square_i32,
      .int64: jq_square_i64, .uint8: jq_square_u8,
    ], chain: JQ_CHAIN_square)
  /// `a` to the power `b`; of integers 0 where `b` is negative, unless `a` is 1 or −1.
  public static let power = binary(
    "power",
    [
      .float32: jq_pow_f32, .float64: jq_pow_f64, .int32: jq_pow_i32, .int64: jq_pow_i64,
    ])
}

// MARK: - Comparison and choice

extension VectorInstruction {
  /// `a < b` as `bool`.
  public static let less = predicate(
    "less",
    [
      .float32: jq_less_f32, .float64: jq_less_f64, .int32: jq_less_i32, .int64: jq_less_i64,
      .uint8: jq_less_u8,
    ])
  /// `a <= b` as `bool`.
  public static let lessOrEqual = predicate(
    "lessOrEqual",
    [
      .float32: jq_lessequal_f32, .float64: jq_lessequal_f64, .int32: jq_lessequal_i32,
      .int64: jq_lessequal_i64, .uint8: jq_lessequal_u8,
    ])
  /// `a > b` as `bool`.
  public static let greater = predicate(
    "greater",
    [
      .float32: jq_greater_f32, .float64: jq_greater_f64, .int32: jq_greater_i32,
      .int64: jq_greater_i64, .uint8: jq_greater_u8,
    ])
  /// `a >= b` as `bool`.
  public static let greaterOrEqual = predicate(
    "greaterOrEqual",
    [
      .float32: jq_greaterequal_f32, .float64: jq_greaterequal_f64, .int32: jq_greaterequal_i32,
      .int64: jq_greaterequal_i64, .uint8: jq_greaterequal_u8,
    ])
  /// `a == b` as `bool`; a NaN equals nothing.
  public static let equal = predicate(
    "equal",
    [
      .float32: jq_equal_f32, .float64: jq_equal_f64, .int32: jq_equal_i32, .int64: jq_equal_i64,
      .uint8: jq_equal_u8, .bool: jq_equal_b8,
    ])
  /// `a != b` as `bool`; a NaN differs from everything.
  public static let notEqual = predicate(
    "notEqual",
    [
      .float32: jq_notequal_f32, .float64: jq_notequal_f64, .int32: jq_notequal_i32,
      .int64: jq_notequal_i64, .uint8: jq_notequal_u8, .bool: jq_notequal_b8,
    ])
  /// `b` where the `bool` `a` holds, else `c`.
  public static let select = VectorInstruction(
    "select", operandCount: 3,
    functions: [
      .float32: jq_select_f32, .float64: jq_select_f64, .int32: jq_select_i32,
      .int64: jq_select_i64, .uint8: jq_select_u8, .bool: jq_select_b8,
    ])
  /// `a`.
  public static let copy = unary(
    "copy",
    [
      .float32: jq_copy_f32, .float64: jq_copy_f64, .int32: jq_copy_i32, .int64: jq_copy_i64,
      .uint8: jq_copy_u8, .bool: jq_copy_b8,
    ])
}

// MARK: - Functions of floating-point numbers

extension VectorInstruction {
  /// The square root.
  public static let squareRoot = unary(
    "sqrt", [.float32: jq_sqrt_f32, .float64: jq_sqrt_f64], chain: JQ_CHAIN_sqrt)
  /// One over the square root.
  public static let reciprocalSquareRoot = unary(
    "rsqrt", [.float32: jq_rsqrt_f32, .float64: jq_rsqrt_f64], chain: JQ_CHAIN_rsqrt)
  /// `1 / a`.
  public static let reciprocal = unary(
    "reciprocal", [.float32: jq_reciprocal_f32, .float64: jq_reciprocal_f64],
    chain: JQ_CHAIN_reciprocal)
  /// The exponential.
  public static let exp = unary(
    "exp", [.float32: jq_exp_f32, .float64: jq_exp_f64], chain: JQ_CHAIN_exp)
  /// The exponential less 1, exact near 0.
  public static let expm1 = unary(
    "expm1", [.float32: jq_expm1_f32, .float64: jq_expm1_f64], chain: JQ_CHAIN_expm1)
  /// The natural logarithm.
  public static let log = unary(
    "log", [.float32: jq_log_f32, .float64: jq_log_f64], chain: JQ_CHAIN_log)
  /// The natural logarithm of `1 + a`, exact near 0.
  public static let log1p = unary(
    "log1p", [.float32: jq_log1p_f32, .float64: jq_log1p_f64], chain: JQ_CHAIN_log1p)
  /// The largest whole number not above `a`.
  public static let floor = unary(
    "floor", [.float32: jq_floor_f32, .float64: jq_floor_f64], chain: JQ_CHAIN_floor)
  /// The smallest whole number not below `a`.
  public static let ceil = unary(
    "ceil", [.float32: jq_ceil_f32, .float64: jq_ceil_f64], chain: JQ_CHAIN_ceil)
  /// The whole part.
  public static let truncate = unary(
    "truncate", [.float32: jq_trunc_f32, .float64: jq_trunc_f64], chain: JQ_CHAIN_trunc)
  /// The nearest whole number, halves to even.
  public static let round = unary(
    "round", [.float32: jq_round_f32, .float64: jq_round_f64], chain: JQ_CHAIN_round)
  /// The sine of an angle in radians.
  public static let sin = unary("sin", [.float32: jq_sin_f32, .float64: jq_sin_f64])
  /// The cosine of an angle in radians.
  public static let cos = unary("cos", [.float32: jq_cos_f32, .float64: jq_cos_f64])
  /// The error function.
  public static let erf = unary("erf", [.float32: jq_erf_f32, .float64: jq_erf_f64])
  /// The hyperbolic tangent.
  public static let tanh = unary(
    "tanh", [.float32: jq_tanh_f32, .float64: jq_tanh_f64], chain: JQ_CHAIN_tanh)
  /// `1 / (1 + exp(-a))`.
  public static let sigmoid = unary(
    "sigmoid", [.float32: jq_sigmoid_f32, .float64: jq_sigmoid_f64], chain: JQ_CHAIN_sigmoid)
  /// `a` where it is positive, else 0.
  public static let relu = unary(
    "relu", [.float32: jq_relu_f32, .float64: jq_relu_f64], chain: JQ_CHAIN_relu)
  /// `a` where it is positive, else `exp(a) - 1`.
  public static let elu = unary(
    "elu", [.float32: jq_elu_f32, .float64: jq_elu_f64], chain: JQ_CHAIN_elu)
  /// `log(1 + exp(a))`.
  public static let softplus = unary(
    "softplus", [.float32: jq_softplus_f32, .float64: jq_softplus_f64], chain: JQ_CHAIN_softplus)
  /// `a * b + c`.
  public static let multiplyAdd = VectorInstruction(
    "multiplyAdd", operandCount: 3, functions: [.float32: jq_fma_f32, .float64: jq_fma_f64])
  /// Whether `a` is neither infinite nor NaN, as `bool`.
  public static let isFinite = predicate(
    "isFinite", operandCount: 1, [.float32: jq_isfinite_f32, .float64: jq_isfinite_f64])
  /// Whether `a` is NaN, as `bool`.
  public static let isNaN = predicate(
    "isNaN", operandCount: 1, [.float32: jq_isnan_f32, .float64: jq_isnan_f64])
  /// The gradient of `tanh` from its result `a` and the gradient `b` of that: `b * (1 - a * a)`.
  public static let tanhGradient = binary(
    "tanhGradient", [.float32: jq_tanh_grad_f32, .float64: jq_tanh_grad_f64],
    chain: (JQ_CHAIN_tanh_grad, JQ_CHAIN_REVERSED_tanh_grad))
  /// The gradient of `sigmoid` from its result `a` and the gradient `b` of that: `b * a * (1 - a)`.
  public static let sigmoidGradient = binary(
    "sigmoidGradient", [.float32: jq_sigmoid_grad_f32, .float64: jq_sigmoid_grad_f64],
    chain: (JQ_CHAIN_sigmoid_grad, JQ_CHAIN_REVERSED_sigmoid_grad))
  /// The gradient of `relu` from its result `a` and the gradient `b` of that.
  public static let reluGradient = binary(
    "reluGradient", [.float32: jq_relu_grad_f32, .float64: jq_relu_grad_f64],
    chain: (JQ_CHAIN_relu_grad, JQ_CHAIN_REVERSED_relu_grad))
  /// The gradient of `elu` from its result `a` and the gradient `b` of that.
  public static let eluGradient = binary(
    "eluGradient", [.float32: jq_elu_grad_f32, .float64: jq_elu_grad_f64],
    chain: (JQ_CHAIN_elu_grad, JQ_CHAIN_REVERSED_elu_grad))
}

// MARK: - Booleans

extension VectorInstruction {
  /// Whether both hold.
  public static let and = binary("and", [.bool: jq_and_b8])
  /// Whether at least one holds.
  public static let or = binary("or", [.bool: jq_or_b8])
  /// Whether exactly one holds.
  public static let xor = binary("xor", [.bool: jq_xor_b8])
  /// Whether `a` does not hold.
  public static let not = unary("not", [.bool: jq_not_b8])
}

// MARK: - Conversion

extension VectorInstruction {
  /// The element converted to `dtype`: fractions are cut off, too large floats become the largest
  /// integer, NaN becomes 0, integers wrap around, and every number but 0 is `true`.
  public static func cast(to dtype: DType) -> VectorInstruction { casts[Int(dtype.rawValue)] }

  private static let casts = DType.allCases.map { target in
    VectorInstruction(
      "cast to \(target)", operandCount: 1, resultType: .dtype(target),
      functions: castFunctions(to: target))
  }

  private static func castFunctions(to target: DType) -> Functions {
    switch target {
    case .float32:
      [
        .float32: jq_cast_f32_f32, .float64: jq_cast_f64_f32, .int32: jq_cast_i32_f32,
        .int64: jq_cast_i64_f32, .uint8: jq_cast_u8_f32, .bool: jq_cast_b8_f32,
      ]
    case .float64:
      [
        .float32: jq_cast_f32_f64, .float64: jq_cast_f64_f64, .int32: jq_cast_i32_f64,
        .int64: jq_cast_i64_f64, .uint8: jq_cast_u8_f64, .bool: jq_cast_b8_f64,
      ]
    case .int32:
      [
        .float32: jq_cast_f32_i32, .float64: jq_cast_f64_i32, .int32: jq_cast_i32_i32,
        .int64: jq_cast_i64_i32, .uint8: jq_cast_u8_i32, .bool: jq_cast_b8_i32,
      ]
    case .int64:
      [
        .float32: jq_cast_f32_i64, .float64: jq_cast_f64_i64, .int32: jq_cast_i32_i64,
        .int64: jq_cast_i64_i64, .uint8: jq_cast_u8_i64, .bool: jq_cast_b8_i64,
      ]
    case .uint8:
      [
        .float32: jq_cast_f32_u8, .float64: jq_cast_f64_u8, .int32: jq_cast_i32_u8,
        .int64: jq_cast_i64_u8, .uint8: jq_cast_u8_u8, .bool: jq_cast_b8_u8,
      ]
    case .bool:
      [
        .float32: jq_cast_f32_b8, .float64: jq_cast_f64_b8, .int32: jq_cast_i32_b8,
        .int64: jq_cast_i64_b8, .uint8: jq_cast_u8_b8, .bool: jq_cast_b8_b8,
      ]
    }
  }
}
