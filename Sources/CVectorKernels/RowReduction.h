// Reducing one contiguous row, in an order that depends on its length alone: one accumulator per
// lane within a leaf, then the leaves pairwise.
#ifndef ROW_REDUCTION_H
#define ROW_REDUCTION_H

#include "KernelSupport.h"

// Combinations of scalars or of vectors. `y` is the element that joins: a NaN in either stays.
#define JQ_SUM(x, y) ((x) + (y))
#define JQ_PROD(x, y) ((x) * (y))
#define JQ_MAX_FLOAT(x, y) ((((y) > (x)) | ((y) != (y))) ? (y) : (x))
#define JQ_MIN_FLOAT(x, y) ((((y) < (x)) | ((y) != (y))) ? (y) : (x))
#define JQ_MAX_INTEGER(x, y) (((y) > (x)) ? (y) : (x))
#define JQ_MIN_INTEGER(x, y) (((y) < (x)) ? (y) : (x))
#define JQ_ANY(x, y) ((x) | (y))
#define JQ_ALL(x, y) ((x) & (y))

// APPLY(op, suffix, type, combination, identity) for every reduction; sums and products of integers
// are unsigned because they may wrap.
#define JQ_FOR_EACH_FLOAT_REDUCTION(APPLY, S, T) \
  APPLY(sum, S, T, JQ_SUM, 0) \
  APPLY(prod, S, T, JQ_PROD, 1) \
  APPLY(max, S, T, JQ_MAX_FLOAT, -INFINITY) \
  APPLY(min, S, T, JQ_MIN_FLOAT, INFINITY)

#define JQ_FOR_EACH_INTEGER_REDUCTION(APPLY, S, T, U, LOWEST, HIGHEST) \
  APPLY(sum, S, U, JQ_SUM, 0) \
  APPLY(prod, S, U, JQ_PROD, 1) \
  APPLY(max, S, T, JQ_MAX_INTEGER, LOWEST) \
  APPLY(min, S, T, JQ_MIN_INTEGER, HIGHEST)

#define JQ_FOR_EACH_REDUCTION(APPLY) \
  JQ_FOR_EACH_FLOAT_REDUCTION(APPLY, f32, float) \
  JQ_FOR_EACH_FLOAT_REDUCTION(APPLY, f64, double) \
  JQ_FOR_EACH_INTEGER_REDUCTION(APPLY, i32, int32_t, uint32_t, INT32_MIN, INT32_MAX) \
  JQ_FOR_EACH_INTEGER_REDUCTION(APPLY, i64, int64_t, uint64_t, INT64_MIN, INT64_MAX) \
  JQ_FOR_EACH_INTEGER_REDUCTION(APPLY, u8, uint8_t, uint8_t, 0, UINT8_MAX) \
  APPLY(any, b8, uint8_t, JQ_ANY, 0) \
  APPLY(all, b8, uint8_t, JQ_ALL, 1)

// Vectors that a leaf holds.
#define JQ_LEAF_VECTORS 128
// Enough levels for any count: 2^48 leaves.
#define JQ_CASCADE_LEVELS 48

#define JQ_LOAD(OP, S, address) (*(const jq_##OP##_unaligned_##S *)(address))

#define JQ_DEFINE_ROW_REDUCTION(OP, S, T, COMBINE, IDENTITY) \
  typedef T jq_##OP##_vector_##S __attribute__((ext_vector_type(64 / sizeof(T)))); \
  typedef jq_##OP##_vector_##S jq_##OP##_unaligned_##S __attribute__((aligned(sizeof(T)))); \
\
  JQ_INLINE T jq_##OP##_leaf_##S(long count, const T *x) { \
    const long lanes = JQ_LANES(T); \
    if (count < lanes) { \
      T few = (T)(IDENTITY); \
      for (long k = 0; k < count; k++) few = (T)COMBINE(few, x[k]); \
      return few; \
    } \
    jq_##OP##_vector_##S total = (T)(IDENTITY); \
    long i = 0; \
    if (count >= 4 * lanes) { \
      jq_##OP##_vector_##S t0 = JQ_LOAD(OP, S, x), t1 = JQ_LOAD(OP, S, x + lanes); \
      jq_##OP##_vector_##S t2 = JQ_LOAD(OP, S, x + 2 * lanes); \
      jq_##OP##_vector_##S t3 = JQ_LOAD(OP, S, x + 3 * lanes); \
      for (i = 4 * lanes; i + 4 * lanes <= count; i += 4 * lanes) { \
        t0 = COMBINE(t0, JQ_LOAD(OP, S, x + i)); \
        t1 = COMBINE(t1, JQ_LOAD(OP, S, x + i + lanes)); \
        t2 = COMBINE(t2, JQ_LOAD(OP, S, x + i + 2 * lanes)); \
        t3 = COMBINE(t3, JQ_LOAD(OP, S, x + i + 3 * lanes)); \
      } \
      t0 = COMBINE(t0, t1); \
      t2 = COMBINE(t2, t3); \
      total = COMBINE(t0, t2); \
    } \
    for (; i + lanes <= count; i += lanes) total = COMBINE(total, JQ_LOAD(OP, S, x + i)); \
    /* Lanes by halves: as vectors down to 16 bytes, then one by one. */ \
    __typeof__(total.lo) half = COMBINE(total.lo, total.hi); \
    __typeof__(half.lo) quarter = COMBINE(half.lo, half.hi); \
    T lane[JQ_LANES(T) / 4]; \
    memcpy(lane, &quarter, sizeof quarter); \
    JQ_PRAGMA(clang loop unroll(full)) \
    for (long width = lanes / 8; width > 0; width /= 2) { \
      JQ_PRAGMA(clang loop unroll(full)) \
      for (long k = 0; k < width; k++) lane[k] = (T)COMBINE(lane[k], lane[k + width]); \
    } \
    for (; i < count; i++) lane[0] = (T)COMBINE(lane[0], x[i]); \
    return lane[0]; \
  } \
\
  JQ_INLINE T jq_##OP##_row_##S(long count, const T *x) { \
    const long leaf = JQ_LEAF_VECTORS * JQ_LANES(T); \
    T pending[JQ_CASCADE_LEVELS]; \
    int depth = 0; \
    for (long i = 0, leaves = 0; i < count; i += leaf, leaves++) { \
      T total = jq_##OP##_leaf_##S(count - i < leaf ? count - i : leaf, x + i); \
      for (long carry = leaves; carry & 1; carry >>= 1) { \
        depth--; \
        total = (T)COMBINE(pending[depth], total); \
      } \
      pending[depth++] = total; \
    } \
    if (depth == 0) return (T)(IDENTITY); \
    T total = pending[--depth]; \
    while (depth > 0) { \
      depth--; \
      total = (T)COMBINE(pending[depth], total); \
    } \
    return total; \
  }

#endif
