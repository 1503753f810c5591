// Integer arithmetic, wrapping, and logic on bools.
#include "KernelSupport.h"

// U, unsigned, does what may wrap.
#define JQ_DEFINE_WRAPPING(S, T, U) \
  JQ_MAP2(add_##S, T, U, U, U, x + y) \
  JQ_MAP2(sub_##S, T, U, U, U, x - y) \
  JQ_MAP2(mul_##S, T, U, U, U, x *y) \
  JQ_MAP1(square_##S, T, U, U, x *x) \
  JQ_MAP1(neg_##S, T, U, U, 0 - x) \
  JQ_MAP2(min_##S, T, T, T, T, x < y ? x : y) \
  JQ_MAP2(max_##S, T, T, T, T, x > y ? x : y) \
  JQ_MAP1(sign_##S, T, T, T, (x > 0) - (x < 0))

#define JQ_DEFINE_SIGNED(S, T, U) \
  JQ_DEFINE_WRAPPING(S, T, U) \
  JQ_INLINE T jq_quotient_##S(T x, T y) { \
    if (y == 0) return 0; \
    return y == -1 ? (T)(0 - (U)x) : x / y; \
  } \
  JQ_INLINE T jq_remainder_##S(T x, T y) { return y == 0 || y == -1 ? 0 : x % y; } \
  JQ_INLINE T jq_floor_quotient_##S(T x, T y) { \
    const T remainder = jq_remainder_##S(x, y); \
    return jq_quotient_##S(x, y) - (remainder != 0 && (remainder < 0) != (y < 0)); \
  } \
  JQ_INLINE T jq_floor_modulo_##S(T x, T y) { \
    const T remainder = jq_remainder_##S(x, y); \
    return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder; \
  } \
  JQ_INLINE T jq_integer_power_##S(T base, T exponent) { \
    if (exponent < 0) { \
      if (base == -1) return (exponent & 1) != 0 ? -1 : 1; \
      return base == 1; \
    } \
    U power = 1; \
    for (U square = (U)base; exponent != 0; exponent >>= 1, square *= square) \
      if ((exponent & 1) != 0) power *= square; \
    return (T)power; \
  } \
  JQ_SCALAR_MAP2(div_##S, T, jq_quotient_##S(x, y)) \
  JQ_SCALAR_MAP2(floordiv_##S, T, jq_floor_quotient_##S(x, y)) \
  JQ_SCALAR_MAP2(mod_##S, T, jq_floor_modulo_##S(x, y)) \
  JQ_SCALAR_MAP2(pow_##S, T, jq_integer_power_##S(x, y)) \
  JQ_MAP1(abs_##S, T, T, T, x < 0 ? 0 - (U)x : (U)x)

JQ_DEFINE_SIGNED(i32, int32_t, uint32_t)
JQ_DEFINE_SIGNED(i64, int64_t, uint64_t)

JQ_DEFINE_WRAPPING(u8, uint8_t, uint8_t)
JQ_SCALAR_MAP2(div_u8, uint8_t, y == 0 ? 0 : x / y)
JQ_SCALAR_MAP2(floordiv_u8, uint8_t, y == 0 ? 0 : x / y)
JQ_SCALAR_MAP2(mod_u8, uint8_t, y == 0 ? 0 : x % y)
JQ_MAP1(abs_u8, uint8_t, uint8_t, uint8_t, x)

JQ_MAP2(and_b8, uint8_t, uint8_t, uint8_t, uint8_t, x &y)
JQ_MAP2(or_b8, uint8_t, uint8_t, uint8_t, uint8_t, x | y)
JQ_MAP2(xor_b8, uint8_t, uint8_t, uint8_t, uint8_t, x ^ y)
JQ_MAP1(not_b8, uint8_t, uint8_t, uint8_t, x ^ 1)
