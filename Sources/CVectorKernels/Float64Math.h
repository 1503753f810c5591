// Double-precision functions as straight-line code that a loop can be vectorised over: no branches,
// no calls, no conversion of an out-of-range value (NaN included) to an integer.
#ifndef FLOAT64_MATH_H
#define FLOAT64_MATH_H

#include "KernelSupport.h"

// Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits of the sum.
#define JQ_ROUNDER_F64 6755399441055744.0
#define JQ_LN2_HIGH_F64 6.93147180369123816490e-01
#define JQ_LN2_LOW_F64 1.90821492927058770002e-10

// 2^k for -1022 <= k <= 1023.
JQ_INLINE double jq_power_of_two_f64(uint64_t k) { return jq_f64_of_bits((k + 1023) << 52); }

// x = k ln 2 + r, |r| <= ln 2 / 2. Returns r and the sum that holds k.
JQ_INLINE double jq_reduce_exp_f64(double x, double *holder) {
  const double t = x * 1.44269504088896340736 + JQ_ROUNDER_F64, n = t - JQ_ROUNDER_F64;
  *holder = t;
  double r = x - n * JQ_LN2_HIGH_F64;
  r = r - n * JQ_LN2_LOW_F64;
  return r;
}

JQ_INLINE uint64_t jq_held_integer_f64(double holder) {
  return jq_bits_of_f64(holder) - 0x4338000000000000;
}

// exp(r) - 1 for a reduced r: the Taylor series to degree 13.
JQ_INLINE double jq_expm1_reduced_f64(double r) {
  double p = 1.6059043836821614599e-10;
  p = p * r + 2.0876756987868098979e-09;
  p = p * r + 2.5052108385441718775e-08;
  p = p * r + 2.7557319223985890653e-07;
  p = p * r + 2.7557319223985892511e-06;
  p = p * r + 2.4801587301587301566e-05;
  p = p * r + 1.9841269841269841253e-04;
  p = p * r + 1.3888888888888889419e-03;
  p = p * r + 8.3333333333333332177e-03;
  p = p * r + 4.1666666666666664354e-02;
  p = p * r + 1.6666666666666665741e-01;
  p = p * r + 0.5;
  return p * (r * r) + r;
}

JQ_INLINE double f64_exp(double x) {
  x = x < -746 ? -746 : (x > 710 ? 710 : x);
  double holder;
  const double q = jq_expm1_reduced_f64(jq_reduce_exp_f64(x, &holder));
  const uint64_t k = jq_held_integer_f64(holder), half = ((k + 2048) >> 1) - 1024;
  return (1 + q) * jq_power_of_two_f64(half) * jq_power_of_two_f64(k - half);
}

// In halves, so that 2^(k - 1) is finite wherever the result is.
JQ_INLINE double f64_expm1(double x) {
  const double v = x < -40 ? -40 : (x > 710 ? 710 : x);
  double holder;
  const double q = jq_expm1_reduced_f64(jq_reduce_exp_f64(v, &holder));
  const double s = jq_power_of_two_f64(jq_held_integer_f64(holder) - 1);
  const double y = 2 * (s * q + (s - 0.5));
  return fabs(x) < 0x1p-54 ? x : y;
}

// log(2^k (1 + f)) for sqrt(1/2) <= 1 + f < sqrt(2); the polynomial is fdlibm's.
JQ_INLINE double jq_log_reduced_f64(double f, double k) {
  const double s = f / (2 + f), z = s * s, half_square = 0.5 * f * f;
  double p = 1.479819860511658591e-01;
  p = p * z + 1.531383769920937332e-01;
  p = p * z + 1.818357216161805012e-01;
  p = p * z + 2.222219843214978396e-01;
  p = p * z + 2.857142874366239149e-01;
  p = p * z + 3.999999999940941908e-01;
  p = p * z + 6.666666666666735130e-01;
  const double tail = s * (p * z + half_square) + k * JQ_LN2_LOW_F64;
  return k * JQ_LN2_HIGH_F64 - ((half_square - tail) - f);
}

// x = 2^k m, sqrt(1/2) <= m < sqrt(2), for normal positive x; returns m and 2^-k.
JQ_INLINE double jq_split_f64(double x, double *k, double *inverse_scale) {
  const uint64_t shifted = jq_bits_of_f64(x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  const uint64_t exponent = shifted >> 52;
  *k = jq_f64_of_bits(0x4338000000000000 - 1023 + exponent) - JQ_ROUNDER_F64;
  *inverse_scale = jq_f64_of_bits((2046 - exponent) << 52);
  return jq_f64_of_bits((shifted & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
}

JQ_INLINE double f64_log(double x) {
  double k, inverse_scale;
  const int subnormal = x < 0x1p-1022;
  const double m = jq_split_f64(subnormal ? x * 0x1p54 : x, &k, &inverse_scale);
  const double y = jq_log_reduced_f64(m - 1, subnormal ? k - 54 : k);
  return x > 0 && x < INFINITY ? y : (x == 0 ? -INFINITY : (x < 0 ? NAN : x));
}

// With u = 1 + x rounded, 2^-k (1 + x) - 1 keeps the bits of x that u lost.
JQ_INLINE double f64_log1p(double x) {
  double k, s;
  const double m = jq_split_f64(1 + x, &k, &s);
  const double f = x < 0x1p60 ? x * s + (s - 1) : m - 1;
  const double y = jq_log_reduced_f64(f, k);
  const double edge = x == -1 ? -INFINITY : (x < -1 ? NAN : x);
  return x > -1 && x < INFINITY && x != 0 ? y : edge;
}

JQ_INLINE double f64_tanh(double x) {
  const double magnitude = fabs(x), v = magnitude > 22 ? 44 : 2 * magnitude;
  double holder;
  const double q = jq_expm1_reduced_f64(jq_reduce_exp_f64(-v, &holder));
  const double s = jq_power_of_two_f64(jq_held_integer_f64(holder));
  const double e = s * q + (s - 1);
  return copysign(e / (e + 2), x);
}

JQ_INLINE double f64_sigmoid(double x) {
  const double e = f64_exp(-fabs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

// max(x, 0) + log(1 + e) with e in [0, 1], so the logarithm's reduction takes out one factor of 2
// or none.
JQ_INLINE double f64_softplus(double x) {
  const double e = f64_exp(-fabs(x));
  const int halved = e > 0.41421356237309503;
  const double log1p_e = jq_log_reduced_f64(halved ? 0.5 * e - 0.5 : e, halved ? 1 : 0);
  return (x > 0 ? x : 0) + log1p_e;
}

JQ_INLINE double f64_elu(double x) {
  const double y = f64_expm1(x);
  return x > 0 ? x : y;
}

// Beyond this magnitude the reduction below runs out of digits.
#define JQ_TRIGONOMETRIC_LIMIT 1e6

// x = n pi/2 + r; returns r, |r| <= pi/4, and the sum that holds n.
JQ_INLINE double jq_reduce_trigonometric(double x, double *holder) {
  const double t = x * 6.36619772367581382433e-01 + JQ_ROUNDER_F64, n = t - JQ_ROUNDER_F64;
  *holder = t;
  double r = x - n * 1.57079632673412561417e+00;
  r = r - n * 6.07710050630396597660e-11;
  r = r - n * 2.02226624879595063154e-21;
  return r;
}

// fdlibm's polynomials for |r| <= pi/4.
JQ_INLINE double jq_sin_reduced(double r) {
  const double z = r * r;
  double p = 1.58969099521155010221e-10;
  p = p * z - 2.50507602534068634195e-08;
  p = p * z + 2.75573137070700676789e-06;
  p = p * z - 1.98412698298579493134e-04;
  p = p * z + 8.33333333332248946124e-03;
  p = p * z - 1.66666666666666324348e-01;
  return (p * z) * r + r;
}

JQ_INLINE double jq_cos_reduced(double r) {
  const double z = r * r;
  double p = -1.13596475577881948265e-11;
  p = p * z + 2.08757232129817482790e-09;
  p = p * z - 2.75573143513906633035e-07;
  p = p * z + 2.48015872894767294178e-05;
  p = p * z - 1.38888888888741095749e-03;
  p = p * z + 4.16666666666666019037e-02;
  return (p * z) * z + (1 - 0.5 * z);
}

// The sine of x (quarter = 0) or its cosine (quarter = 1), for |x| up to JQ_TRIGONOMETRIC_LIMIT.
JQ_INLINE double jq_sine_f64(double x, uint64_t quarter) {
  double holder;
  const double r = jq_reduce_trigonometric(x, &holder);
  const uint64_t quadrant = jq_bits_of_f64(holder) + quarter;
  const double sine = jq_sin_reduced(r), cosine = jq_cos_reduced(r);
  const double y = (quadrant & 1) != 0 ? cosine : sine;
  const double signed_y = jq_f64_of_bits(jq_bits_of_f64(y) ^ ((quadrant & 2) << 62));
  return quarter == 0 && x == 0 ? x : signed_y;
}

#endif
