// Conversions between every two dtypes.
#include "KernelSupport.h"

#define JQ_DEFINE_SATURATING(S, T) \
  JQ_INLINE int32_t jq_i32_of_##S(T x) { \
    if (x != x) return 0; \
    return x >= (T)0x1p31 ? INT32_MAX : (x < (T)-0x1p31 ? INT32_MIN : (int32_t)x); \
  } \
  JQ_INLINE int64_t jq_i64_of_##S(T x) { \
    if (x != x) return 0; \
    return x >= (T)0x1p63 ? INT64_MAX : (x < (T)-0x1p63 ? INT64_MIN : (int64_t)x); \
  }

JQ_DEFINE_SATURATING(f32, float)
JQ_DEFINE_SATURATING(f64, double)

// W is the type that sets the vector width: the wider of the two.
#define JQ_DEFINE_FROM_FLOAT(S, T, W32) \
  JQ_MAP1(cast_##S##_f32, W32, T, float, x) \
  JQ_MAP1(cast_##S##_f64, double, T, double, x) \
  JQ_MAP1(cast_##S##_i32, W32, T, int32_t, jq_i32_of_##S(x)) \
  JQ_MAP1(cast_##S##_i64, int64_t, T, int64_t, jq_i64_of_##S(x)) \
  JQ_MAP1(cast_##S##_u8, int64_t, T, uint8_t, jq_i64_of_##S(x)) \
  JQ_MAP1(cast_##S##_b8, W32, T, uint8_t, x != 0)

#define JQ_DEFINE_FROM_INTEGER(S, T, W32, W8) \
  JQ_MAP1(cast_##S##_f32, W32, T, float, x) \
  JQ_MAP1(cast_##S##_f64, double, T, double, x) \
  JQ_MAP1(cast_##S##_i32, W32, T, int32_t, x) \
  JQ_MAP1(cast_##S##_i64, int64_t, T, int64_t, x) \
  JQ_MAP1(cast_##S##_u8, W8, T, uint8_t, x) \
  JQ_MAP1(cast_##S##_b8, W8, T, uint8_t, x != 0)

JQ_DEFINE_FROM_FLOAT(f32, float, float)
JQ_DEFINE_FROM_FLOAT(f64, double, double)
JQ_DEFINE_FROM_INTEGER(i32, int32_t, float, int32_t)
JQ_DEFINE_FROM_INTEGER(i64, int64_t, int64_t, int64_t)
JQ_DEFINE_FROM_INTEGER(u8, uint8_t, float, uint8_t)
JQ_DEFINE_FROM_INTEGER(b8, uint8_t, float, uint8_t)
