// Reductions over the columns of each row.
#include "RowReduction.h"

#define JQ_DEFINE(OP, S, T, COMBINE, IDENTITY) \
  JQ_DEFINE_ROW_REDUCTION(OP, S, T, COMBINE, IDENTITY) \
  JQ_CLONES JQ_REDUCTION(OP##_rows_##S) { \
    jq_use_wide_vectors(); \
    const T *source = x; \
    T *result = out; \
    for (long row = 0; row < rows; row++) \
      result[row] = jq_##OP##_row_##S(columns, source + row * columns); \
  }

JQ_FOR_EACH_REDUCTION(JQ_DEFINE)

// A block of this many elements is searched element by element once it is known to hold a hit.
#define JQ_SEARCH_BLOCK 256

#define JQ_DEFINE_FIRST_NONFINITE(S, T) \
  JQ_CLONES long jq_first_nonfinite_##S(long count, const void *x) { \
    jq_use_wide_vectors(); \
    const T *source = x; \
    for (long start = 0; start < count; start += JQ_SEARCH_BLOCK) { \
      const long end = count - start < JQ_SEARCH_BLOCK ? count : start + JQ_SEARCH_BLOCK; \
      int found = 0; \
      for (long i = start; i < end; i++) \
        found |= !(__builtin_elementwise_abs(source[i]) < (T)INFINITY); \
      if (!found) continue; \
      for (long i = start; i < end; i++) \
        if (!(__builtin_elementwise_abs(source[i]) < (T)INFINITY)) return i; \
    } \
    return -1; \
  }

JQ_DEFINE_FIRST_NONFINITE(f32, float)
JQ_DEFINE_FIRST_NONFINITE(f64, double)
