// The position of the greatest or least element along an axis.
#include "RowReduction.h"

#define JQ_SEARCH_BLOCK 256
#define JQ_STRIP 256

#define JQ_IS_NAN(x) ((x) != (x))
#define JQ_NEVER(x) 0

#define JQ_DEFINE(NAME, OP, S, T, COMPARE, COMBINE, IDENTITY, UNORDERED) \
  JQ_DEFINE_ROW_REDUCTION(OP, S, T, COMBINE, IDENTITY) \
\
  JQ_INLINE int64_t jq_##NAME##_row_##S(long n, const T *x) { \
    const T best = jq_##OP##_row_##S(n, x); \
    const int unordered = UNORDERED(best); \
    for (long start = 0; start < n; start += JQ_SEARCH_BLOCK) { \
      const long end = n - start < JQ_SEARCH_BLOCK ? n : start + JQ_SEARCH_BLOCK; \
      int found = 0; \
      for (long i = start; i < end; i++) \
        found |= (x[i] == best) | (unordered & UNORDERED(x[i])); \
      if (!found) continue; \
      for (long i = start; i < end; i++) \
        if ((x[i] == best) | (unordered & UNORDERED(x[i]))) return i; \
    } \
    return -1; \
  } \
\
  JQ_CLONES JQ_ARGUMENT(NAME##_##S) { \
    jq_use_wide_vectors(); \
    const T *source = x; \
    if (n <= 0) { \
      for (long i = 0; i < outer * inner; i++) out[i] = -1; \
      return; \
    } \
    if (inner == 1) { \
      for (long row = 0; row < outer; row++) \
        out[row] = jq_##NAME##_row_##S(n, source + row * n); \
      return; \
    } \
    for (long row = 0; row < outer; row++) { \
      for (long start = 0; start < inner; start += JQ_STRIP) { \
        const long count = inner - start < JQ_STRIP ? inner - start : JQ_STRIP; \
        const T *slice = source + row * n * inner + start; \
        int64_t index[JQ_STRIP]; \
        T best[JQ_STRIP]; \
        memset(index, 0, sizeof index); \
        memcpy(best, slice, (size_t)count * sizeof(T)); \
        for (long k = 1; k < n; k++) { \
          slice += inner; \
          for (long i = 0; i < count; i++) { \
            const T y = slice[i], b = best[i]; \
            const int better = (y COMPARE b) | (UNORDERED(y) & !UNORDERED(b)); \
            best[i] = better ? y : b; \
            index[i] = better ? k : index[i]; \
          } \
        } \
        memcpy(out + row * inner + start, index, (size_t)count * sizeof(int64_t)); \
      } \
    } \
  }

#define JQ_DEFINE_FLOAT(S, T) \
  JQ_DEFINE(argmax, max, S, T, >, JQ_MAX_FLOAT, -INFINITY, JQ_IS_NAN) \
  JQ_DEFINE(argmin, min, S, T, <, JQ_MIN_FLOAT, INFINITY, JQ_IS_NAN)

#define JQ_DEFINE_INTEGER(S, T, LOWEST, HIGHEST) \
  JQ_DEFINE(argmax, max, S, T, >, JQ_MAX_INTEGER, LOWEST, JQ_NEVER) \
  JQ_DEFINE(argmin, min, S, T, <, JQ_MIN_INTEGER, HIGHEST, JQ_NEVER)

JQ_DEFINE_FLOAT(f32, float)
JQ_DEFINE_FLOAT(f64, double)
JQ_DEFINE_INTEGER(i32, int32_t, INT32_MIN, INT32_MAX)
JQ_DEFINE_INTEGER(i64, int64_t, INT64_MIN, INT64_MAX)
JQ_DEFINE_INTEGER(u8, uint8_t, 0, UINT8_MAX)
