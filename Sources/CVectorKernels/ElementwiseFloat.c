// Float arithmetic: what takes a handful of instructions per element.
#include "KernelSupport.h"

JQ_INLINE float jq_fmod_f32(float x, float y) { return fmodf(x, y); }
JQ_INLINE double jq_fmod_f64(double x, double y) { return fmod(x, y); }

#define JQ_DEFINE(S, T) \
  JQ_INLINE T jq_floor_modulo_##S(T x, T y) { \
    const T remainder = jq_fmod_##S(x, y); \
    if (remainder == 0) return __builtin_elementwise_copysign(remainder, y); \
    return (remainder < 0) != (y < 0) ? remainder + y : remainder; \
  } \
  JQ_SCALAR_MAP2(mod_##S, T, jq_floor_modulo_##S(x, y)) \
  JQ_MAP3(fma_##S, T, T, T, T, T, x *y + z) \
  JQ_MAP1(isfinite_##S, T, T, uint8_t, __builtin_elementwise_abs(x) < (T)INFINITY) \
  JQ_MAP1(isnan_##S, T, T, uint8_t, x != x)

JQ_DEFINE(f32, float)
JQ_DEFINE(f64, double)

#define JQ_UNARY_f32(NAME, ...) JQ_MAP1(NAME##_f32, float, float, float, __VA_ARGS__)
#define JQ_UNARY_f64(NAME, ...) JQ_MAP1(NAME##_f64, double, double, double, __VA_ARGS__)
#define JQ_BINARY_f32(NAME, ...) JQ_MAP2(NAME##_f32, float, float, float, float, __VA_ARGS__)
#define JQ_BINARY_f64(NAME, ...) JQ_MAP2(NAME##_f64, double, double, double, double, __VA_ARGS__)

JQ_FLOAT_UNARY_OPERATIONS(JQ_UNARY_f32)
JQ_FLOAT_UNARY_OPERATIONS(JQ_UNARY_f64)
JQ_FLOAT_BINARY_OPERATIONS(JQ_BINARY_f32)
JQ_FLOAT_BINARY_OPERATIONS(JQ_BINARY_f64)
