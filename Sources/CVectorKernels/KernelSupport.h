// What every kernel file needs: CPU multiversioning, loop shapes, bit casts.
#ifndef KERNEL_SUPPORT_H
#define KERNEL_SUPPORT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "CVectorKernels.h"

// a * b + c within one expression becomes a fused multiply-add where the CPU level has one. It is
// decided here, in the source, so vector loops, their remainders and scalar code agree bit for bit.
#pragma STDC FP_CONTRACT ON

#if defined(__x86_64__) && defined(__linux__)
#define JQ_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define JQ_WIDE __attribute__((min_vector_width(512)))
#else
#define JQ_CLONES
#define JQ_WIDE
#endif

// For kernels that are written once for each level.
#if defined(__x86_64__)
#define JQ_TARGET_V4 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define JQ_TARGET_V3 __attribute__((target("arch=x86-64-v3"), min_vector_width(256)))
#endif

// The level of x86-64 that the processor has: 4, 3 or 1; 1 on others.
int jq_cpu_level(void);

// Calls the function of that name that was written for the processor's level.
#if defined(__x86_64__)
#define JQ_AT_LEVEL(NAME, ...) \
  do { \
    const int level = jq_cpu_level(); \
    if (level == 4) NAME##_v4(__VA_ARGS__); \
    else if (level == 3) NAME##_v3(__VA_ARGS__); \
    else NAME##_v1(__VA_ARGS__); \
  } while (0)
#else
#define JQ_AT_LEVEL(NAME, ...) NAME##_v1(__VA_ARGS__)
#endif

#define JQ_INLINE static inline __attribute__((always_inline))

// Under x86-64-v4 clang splits 512-bit vectors in two unless the function asks for the width, and
// target_clones takes no min_vector_width. Inlining this hands the attribute to the caller.
JQ_INLINE JQ_WIDE void jq_use_wide_vectors(void) {}

// Elements of a type in one 512-bit vector.
#define JQ_LANES(T) (64 / (long)sizeof(T))

#define JQ_PRAGMA_TEXT(text) _Pragma(#text)
#define JQ_PRAGMA(text) JQ_PRAGMA_TEXT(text)

// assume_safety: operands are the very address of the result or do not overlap it, so iterations
// are independent, and no run-time alias check can send an in-place call into a scalar loop.
#define JQ_VECTOR_LOOP(T) \
  JQ_PRAGMA(clang loop vectorize(assume_safety) vectorize_width(64 / sizeof(T)))

// One vector per iteration, for loops that are many or long in instructions.
#define JQ_COMPACT_VECTOR_LOOP(T) \
  JQ_PRAGMA(clang loop vectorize(assume_safety) vectorize_width(64 / sizeof(T)) \
                interleave_count(1))

#define JQ_KERNEL(NAME) \
  JQ_CLONES void jq_##NAME( \
      long count, const void *a, const void *b, const void *c, void *out)

// A loop over `count` elements; EXPRESSION is over x (of a), y (of b) and z (of c). W is the type
// that sets the vector width: the widest involved.
#define JQ_MAP1(NAME, W, A, R, ...) \
  JQ_KERNEL(NAME) { \
    (void)b, (void)c; \
    jq_use_wide_vectors(); \
    const A *first = a; \
    R *result = out; \
    JQ_VECTOR_LOOP(W) \
    for (long i = 0; i < count; i++) { \
      const A x = first[i]; \
      result[i] = (R)(__VA_ARGS__); \
    } \
  }

#define JQ_MAP2(NAME, W, A, B, R, ...) \
  JQ_KERNEL(NAME) { \
    (void)c; \
    jq_use_wide_vectors(); \
    const A *first = a; \
    const B *second = b; \
    R *result = out; \
    JQ_VECTOR_LOOP(W) \
    for (long i = 0; i < count; i++) { \
      const A x = first[i]; \
      const B y = second[i]; \
      result[i] = (R)(__VA_ARGS__); \
    } \
  }

#define JQ_MAP3(NAME, W, A, B, C, R, ...) \
  JQ_KERNEL(NAME) { \
    jq_use_wide_vectors(); \
    const A *first = a; \
    const B *second = b; \
    const C *third = c; \
    R *result = out; \
    JQ_VECTOR_LOOP(W) \
    for (long i = 0; i < count; i++) { \
      const A x = first[i]; \
      const B y = second[i]; \
      const C z = third[i]; \
      result[i] = (R)(__VA_ARGS__); \
    } \
  }

// The same where vectors have no instruction for it, or a libm call does the work.
#define JQ_SCALAR_MAP1(NAME, T, ...) \
  JQ_KERNEL(NAME) { \
    (void)b, (void)c; \
    const T *first = a; \
    T *result = out; \
    for (long i = 0; i < count; i++) { \
      const T x = first[i]; \
      result[i] = (T)(__VA_ARGS__); \
    } \
  }

#define JQ_SCALAR_MAP2(NAME, T, ...) \
  JQ_KERNEL(NAME) { \
    (void)c; \
    const T *first = a, *second = b; \
    T *result = out; \
    for (long i = 0; i < count; i++) { \
      const T x = first[i], y = second[i]; \
      result[i] = (T)(__VA_ARGS__); \
    } \
  }

// The last 64 bytes of `count` elements at x, or all of them where there are fewer.
JQ_INLINE void jq_load_last_vector(void *vector, const void *x, long count, long size) {
  if (count * size >= 64)
    memcpy(vector, (const char *)x + (count * size - 64), 64);
  else
    memcpy(vector, x, (size_t)(count * size));
}

JQ_INLINE void jq_store_last_vector(const void *vector, void *x, long count, long size) {
  if (count * size >= 64)
    memcpy((char *)x + (count * size - 64), vector, 64);
  else
    memcpy(x, vector, (size_t)(count * size));
}

// For functions of many instructions: whole vectors first, then the last vector, which covers what
// is left over, through the same loop; a scalar remainder would cost more than all the rest. Its
// operands are read beforehand, since in place the first pass may overwrite some.
#define JQ_MATH_MAP1(NAME, T, ...) \
  JQ_KERNEL(NAME) { \
    (void)b, (void)c; \
    jq_use_wide_vectors(); \
    const T *first = a; \
    T *result = out, last_first[JQ_LANES(T)] = {0}, last_result[JQ_LANES(T)]; \
    const int uneven = count % JQ_LANES(T) != 0; \
    if (uneven) jq_load_last_vector(last_first, a, count, sizeof(T)); \
    for (long vectors = count / JQ_LANES(T), pass = 0;; vectors = 1, pass = 1) { \
      JQ_COMPACT_VECTOR_LOOP(T) \
      for (long i = 0; i < vectors * JQ_LANES(T); i++) { \
        const T x = first[i]; \
        result[i] = (__VA_ARGS__); \
      } \
      if (pass == 1) jq_store_last_vector(last_result, out, count, sizeof(T)); \
      if (pass == 1 || !uneven) return; \
      first = last_first; \
      result = last_result; \
    } \
  }

#define JQ_MATH_MAP2(NAME, T, ...) \
  JQ_KERNEL(NAME) { \
    (void)c; \
    jq_use_wide_vectors(); \
    const T *first = a, *second = b; \
    T *result = out, last_result[JQ_LANES(T)]; \
    T last_first[JQ_LANES(T)] = {0}, last_second[JQ_LANES(T)] = {0}; \
    const int uneven = count % JQ_LANES(T) != 0; \
    if (uneven) jq_load_last_vector(last_first, a, count, sizeof(T)); \
    if (uneven) jq_load_last_vector(last_second, b, count, sizeof(T)); \
    for (long vectors = count / JQ_LANES(T), pass = 0;; vectors = 1, pass = 1) { \
      JQ_COMPACT_VECTOR_LOOP(T) \
      for (long i = 0; i < vectors * JQ_LANES(T); i++) { \
        const T x = first[i], y = second[i]; \
        result[i] = (__VA_ARGS__); \
      } \
      if (pass == 1) jq_store_last_vector(last_result, out, count, sizeof(T)); \
      if (pass == 1 || !uneven) return; \
      first = last_first; \
      second = last_second; \
      result = last_result; \
    } \
  }

JQ_INLINE uint32_t jq_bits_of_f32(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

JQ_INLINE float jq_f32_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

JQ_INLINE uint64_t jq_bits_of_f64(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

JQ_INLINE double jq_f64_of_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

#endif
