// Single-precision functions as straight-line code that a loop can be vectorised over: no branches,
// no calls, no conversion of an out-of-range value (NaN included) to an integer.
#ifndef FLOAT32_MATH_H
#define FLOAT32_MATH_H

#include "Float64Math.h"
#include "KernelSupport.h"

// Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits of the sum.
#define JQ_ROUNDER_F32 12582912.0f

// 2^k for -126 <= k <= 127.
JQ_INLINE float jq_power_of_two_f32(uint32_t k) { return jq_f32_of_bits((k + 127) << 23); }

// x = k ln 2 + r, |r| <= ln 2 / 2. Returns r and the sum that holds k.
JQ_INLINE float jq_reduce_exp_f32(float x, float *holder) {
  const float t = x * 1.44269504088896341f + JQ_ROUNDER_F32, n = t - JQ_ROUNDER_F32;
  *holder = t;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  return r;
}

JQ_INLINE uint32_t jq_held_integer_f32(float holder) {
  return jq_bits_of_f32(holder) - 0x4B400000;
}

// exp(r) - 1 for a reduced r; the polynomial is Cephes'.
JQ_INLINE float jq_expm1_reduced_f32(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * (r * r) + r;
}

JQ_INLINE float f32_exp(float x) {
  x = x < -104 ? -104 : (x > 89 ? 89 : x);
  float holder;
  const float q = jq_expm1_reduced_f32(jq_reduce_exp_f32(x, &holder));
  const uint32_t k = jq_held_integer_f32(holder), half = (uint32_t)((int32_t)k >> 1);
  return (1 + q) * jq_power_of_two_f32(half) * jq_power_of_two_f32(k - half);
}

// The same for x <= 0, cheaper: 2^(k + 24) is normal for every k down to where exp(x) rounds to 0.
JQ_INLINE float f32_exp_nonpositive(float x) {
  x = x < -104 ? -104 : x;
  const float rounder = JQ_ROUNDER_F32 + 24;
  const float t = x * 1.44269504088896341f + rounder, n = t - rounder;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  const float scale = jq_power_of_two_f32(jq_held_integer_f32(t));
  return (1 + jq_expm1_reduced_f32(r)) * scale * 0x1p-24f;
}

// In halves, so that 2^(k - 1) is finite wherever the result is.
JQ_INLINE float f32_expm1(float x) {
  const float v = x < -30 ? -30 : (x > 89 ? 89 : x);
  float holder;
  const float q = jq_expm1_reduced_f32(jq_reduce_exp_f32(v, &holder));
  const float s = jq_power_of_two_f32(jq_held_integer_f32(holder) - 1);
  const float y = 2 * (s * q + (s - 0.5f));
  return fabsf(x) < 0x1p-25f ? x : y;
}

// log(2^k (1 + f)) for sqrt(1/2) <= 1 + f < sqrt(2); the polynomial is Cephes'.
JQ_INLINE float jq_log_reduced_f32(float f, float k) {
  const float z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float y = (p * f) * z;
  y = y - k * 2.12194440e-4f;
  y = y - 0.5f * z;
  return k * 0.693359375f + (f + y);
}

// x = 2^k m, sqrt(1/2) <= m < sqrt(2), for normal positive x; returns m and 2^-k.
JQ_INLINE float jq_split_f32(float x, float *k, float *inverse_scale) {
  const uint32_t shifted = jq_bits_of_f32(x) + (0x3f800000 - 0x3f3504f3);
  const uint32_t exponent = shifted >> 23;
  *k = (float)((int32_t)exponent - 127);
  *inverse_scale = jq_f32_of_bits((254 - exponent) << 23);
  return jq_f32_of_bits((shifted & 0x007fffff) + 0x3f3504f3);
}

JQ_INLINE float f32_log(float x) {
  float k, inverse_scale;
  const int subnormal = x < 0x1p-126f;
  const float m = jq_split_f32(subnormal ? x * 0x1p23f : x, &k, &inverse_scale);
  const float y = jq_log_reduced_f32(m - 1, subnormal ? k - 23 : k);
  return x > 0 && x < INFINITY ? y : (x == 0 ? -INFINITY : (x < 0 ? NAN : x));
}

// With u = 1 + x rounded, 2^-k (1 + x) - 1 keeps the bits of x that u lost.
JQ_INLINE float f32_log1p(float x) {
  float k, s;
  const float m = jq_split_f32(1 + x, &k, &s);
  const float f = x < 0x1p30f ? x * s + (s - 1) : m - 1;
  const float y = jq_log_reduced_f32(f, k);
  const float edge = x == -1 ? -INFINITY : (x < -1 ? NAN : x);
  return x > -1 && x < INFINITY && x != 0 ? y : edge;
}

JQ_INLINE float f32_tanh(float x) {
  const float magnitude = fabsf(x), v = magnitude > 10 ? 20 : 2 * magnitude;
  float holder;
  const float q = jq_expm1_reduced_f32(jq_reduce_exp_f32(-v, &holder));
  const float s = jq_power_of_two_f32(jq_held_integer_f32(holder));
  const float e = s * q + (s - 1);
  return copysignf(e / (e + 2), x);
}

JQ_INLINE float f32_sigmoid(float x) {
  const float e = f32_exp_nonpositive(-fabsf(x));
  return (x < 0 ? e : 1) / (1 + e);
}

// max(x, 0) + log(1 + e) with e in [0, 1], so the logarithm's reduction takes out one factor of 2
// or none.
JQ_INLINE float f32_softplus(float x) {
  const float e = f32_exp_nonpositive(-fabsf(x));
  const int halved = e > 0.41421356f;
  const float log1p_e = jq_log_reduced_f32(halved ? 0.5f * e - 0.5f : e, halved ? 1 : 0);
  return (x > 0 ? x : 0) + log1p_e;
}

JQ_INLINE float f32_elu(float x) {
  const float y = f32_expm1(x);
  return x > 0 ? x : y;
}

// Near zero x (1 + P(x^2)); beyond, 1 - exp(-t Q(t)). The polynomials are Norbert Juffa's.
JQ_INLINE float f32_erf(float x) {
  const float magnitude = fabsf(x), t = magnitude > 4 ? 4 : magnitude, s = t * t;
  float q = -1.72853470e-5f * t + 3.83197126e-4f;
  const float u = -3.88396438e-3f * t + 2.42546219e-2f;
  q = q * s + u;
  q = q * t - 1.06777877e-1f;
  q = q * t - 6.34846687e-1f;
  q = q * t - 1.28717512e-1f;
  q = q * t - t;
  const float far = 1 - f32_exp(q);
  float p = -5.96761703e-4f;
  p = p * s + 4.99119423e-3f;
  p = p * s - 2.67681349e-2f;
  p = p * s + 1.12819925e-1f;
  p = p * s - 3.76125336e-1f;
  p = p * s + 1.28379166e-1f;
  const float near = p * t + t;
  return copysignf(t > 0.927734375f ? far : near, x);
}

// By way of double precision, where exp(y log x) keeps every digit a float has.
JQ_INLINE float f32_pow(float base, float exponent) {
  const double y = exponent, magnitude = fabs((double)base);
  const double r = f64_exp(y * f64_log(magnitude));
  const int whole = __builtin_elementwise_trunc(y) == y;
  const int odd = whole && __builtin_elementwise_trunc(0.5 * y) * 2 != y;
  const uint64_t sign = jq_bits_of_f64(base) & (odd ? 0x8000000000000000 : 0);
  const double signed_r = jq_f64_of_bits(jq_bits_of_f64(r) | sign);
  const double z = base < 0 && base > -INFINITY && !whole ? NAN : signed_r;
  const int one = y == 0 || base == 1 || (base == -1 && fabs(y) == INFINITY);
  return one ? 1 : (float)z;
}

#endif
