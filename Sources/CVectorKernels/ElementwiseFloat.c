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
  JQ_MAP2(add_##S, T, T, T, T, x + y) \
  JQ_MAP2(sub_##S, T, T, T, T, x - y) \
  JQ_MAP2(mul_##S, T, T, T, T, x *y) \
  JQ_MAP2(div_##S, T, T, T, T, x / y) \
  JQ_MAP2(floordiv_##S, T, T, T, T, __builtin_elementwise_floor(x / y)) \
  JQ_SCALAR_MAP2(mod_##S, T, jq_floor_modulo_##S(x, y)) \
  JQ_MAP2(min_##S, T, T, T, T, ((x < y) | (x != x)) ? x : y) \
  JQ_MAP2(max_##S, T, T, T, T, ((x > y) | (x != x)) ? x : y) \
  JQ_MAP1(neg_##S, T, T, T, -x) \
  JQ_MAP1(abs_##S, T, T, T, __builtin_elementwise_abs(x)) \
  JQ_MAP1(sign_##S, T, T, T, x > 0 ? 1 : (x < 0 ? -1 : x)) \
  JQ_MAP1(square_##S, T, T, T, x *x) \
  JQ_MAP1(sqrt_##S, T, T, T, __builtin_elementwise_sqrt(x)) \
  JQ_MAP1(rsqrt_##S, T, T, T, 1 / __builtin_elementwise_sqrt(x)) \
  JQ_MAP1(reciprocal_##S, T, T, T, 1 / x) \
  JQ_MAP1(floor_##S, T, T, T, __builtin_elementwise_floor(x)) \
  JQ_MAP1(ceil_##S, T, T, T, __builtin_elementwise_ceil(x)) \
  JQ_MAP1(trunc_##S, T, T, T, __builtin_elementwise_trunc(x)) \
  JQ_MAP1(round_##S, T, T, T, __builtin_elementwise_nearbyint(x)) \
  JQ_MAP1(relu_##S, T, T, T, x <= 0 ? 0 : x) \
  JQ_MAP3(fma_##S, T, T, T, T, T, x *y + z) \
  JQ_MAP1(isfinite_##S, T, T, uint8_t, __builtin_elementwise_abs(x) < (T)INFINITY) \
  JQ_MAP1(isnan_##S, T, T, uint8_t, x != x) \
  JQ_MAP2(tanh_grad_##S, T, T, T, T, y *(1 - x * x)) \
  JQ_MAP2(sigmoid_grad_##S, T, T, T, T, y *(x * (1 - x))) \
  JQ_MAP2(relu_grad_##S, T, T, T, T, x > 0 ? y : 0) \
  JQ_MAP2(elu_grad_##S, T, T, T, T, x > 0 ? y : y * (x + 1))

JQ_DEFINE(f32, float)
JQ_DEFINE(f64, double)
