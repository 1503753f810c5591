// Sine and cosine kernels: vectorised up to JQ_TRIGONOMETRIC_LIMIT; a tile that holds anything
// beyond goes element by element, libm taking the large ones. Both ways compute a small one alike.
#ifndef LARGE_ARGUMENTS_H
#define LARGE_ARGUMENTS_H

#include "Float64Math.h"
#include "KernelSupport.h"

#define JQ_BEYOND_LIMIT(x) ((fabs(x) > JQ_TRIGONOMETRIC_LIMIT) & (fabs(x) < INFINITY))

#define JQ_TRIGONOMETRIC_KERNEL(NAME, T, QUARTER, LIBM) \
  static JQ_MATH_MAP1(small_##NAME, T, (T)jq_sine_f64(x, QUARTER)) \
  JQ_KERNEL(NAME) { \
    jq_use_wide_vectors(); \
    const T *first = a; \
    T *result = out; \
    int beyond = 0; \
    for (long i = 0; i < count; i++) beyond |= JQ_BEYOND_LIMIT(first[i]); \
    if (!beyond) { \
      jq_small_##NAME(count, a, b, c, out); \
      return; \
    } \
    for (long i = 0; i < count; i++) { \
      const T x = first[i]; \
      result[i] = JQ_BEYOND_LIMIT(x) ? LIBM(x) : (T)jq_sine_f64(x, QUARTER); \
    } \
  }

#endif
