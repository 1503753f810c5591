// Reductions over the rows of each column.
#include "RowReduction.h"

// Elements of a row taken at a time: their partial results stay in the first-level cache.
#define JQ_STRIP 256
// Rows in a leaf; partial results of one level that make one of the next; levels.
#define JQ_LEAF_ROWS 64
#define JQ_FAN 8
#define JQ_LEVELS 8
// The fewest row groups worth reducing side by side when rows are narrow.
#define JQ_FEWEST_GROUPS 4

#define JQ_DEFINE(OP, S, T, COMBINE, IDENTITY) \
  JQ_DEFINE_ROW_REDUCTION(OP, S, T, COMBINE, IDENTITY) \
\
  JQ_INLINE void jq_##OP##_clear_##S(long count, T *total) { \
    JQ_COMPACT_VECTOR_LOOP(T) \
    for (long i = 0; i < count; i++) total[i] = (T)(IDENTITY); \
  } \
\
  JQ_INLINE void jq_##OP##_join_##S(long count, T *total, const T *x) { \
    JQ_COMPACT_VECTOR_LOOP(T) \
    for (long i = 0; i < count; i++) total[i] = (T)COMBINE(total[i], x[i]); \
  } \
\
  /* x: `rows` rows of `count` elements, `stride` apart; leaf: `count` elements. */ \
  JQ_INLINE void jq_##OP##_leaf_rows_##S( \
      long rows, long count, long stride, const T *x, T *leaf) { \
    jq_##OP##_clear_##S(count, leaf); \
    long row = 0; \
    for (; row + 4 <= rows; row += 4) { \
      const T *x0 = x + row * stride, *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride; \
      JQ_COMPACT_VECTOR_LOOP(T) \
      for (long i = 0; i < count; i++) { \
        const T low = (T)COMBINE(x0[i], x1[i]), high = (T)COMBINE(x2[i], x3[i]); \
        const T four = (T)COMBINE(low, high); \
        leaf[i] = (T)COMBINE(leaf[i], four); \
      } \
    } \
    for (; row < rows; row++) jq_##OP##_join_##S(count, leaf, x + row * stride); \
  } \
\
  /* The same for any number of rows, with at most JQ_STRIP elements in one. */ \
  JQ_INLINE void jq_##OP##_strip_##S( \
      long rows, long count, long stride, const T *x, T *total) { \
    T leaf[JQ_STRIP], levels[JQ_LEVELS][JQ_STRIP]; \
    long joined[JQ_LEVELS] = {0}; \
    for (long row = 0; row < rows; row += JQ_LEAF_ROWS) { \
      const long leaf_rows = rows - row < JQ_LEAF_ROWS ? rows - row : JQ_LEAF_ROWS; \
      jq_##OP##_leaf_rows_##S(leaf_rows, count, stride, x + row * stride, leaf); \
      const T *carry = leaf; \
      for (int level = 0; level < JQ_LEVELS; level++) { \
        if (joined[level] == 0) \
          memcpy(levels[level], carry, (size_t)count * sizeof(T)); \
        else \
          jq_##OP##_join_##S(count, levels[level], carry); \
        joined[level]++; \
        if (joined[level] < JQ_FAN || level == JQ_LEVELS - 1) break; \
        joined[level] = 0; \
        carry = levels[level]; \
      } \
    } \
    jq_##OP##_clear_##S(count, total); \
    for (int level = 0; level < JQ_LEVELS; level++) \
      if (joined[level] > 0) jq_##OP##_join_##S(count, total, levels[level]); \
  } \
\
  JQ_CLONES JQ_REDUCTION(OP##_columns_##S) { \
    jq_use_wide_vectors(); \
    const T *source = x; \
    T *result = out; \
    if (columns == 1) { \
      *result = jq_##OP##_row_##S(rows, source); \
      return; \
    } \
    /* Narrow rows: as many as fit a strip make one wide row, its parts joined afterwards. */ \
    long together = columns > 0 ? JQ_STRIP / columns : 1; \
    if (together > rows / JQ_FEWEST_GROUPS) together = rows / JQ_FEWEST_GROUPS; \
    if (together < 1) together = 1; \
    const long wide = together * columns, groups = rows / together; \
    T strip[JQ_STRIP]; \
    for (long start = 0; start < wide; start += JQ_STRIP) { \
      const long count = wide - start < JQ_STRIP ? wide - start : JQ_STRIP; \
      T *total = together > 1 ? strip : result + start; \
      jq_##OP##_strip_##S(groups, count, wide, source + start, total); \
    } \
    if (together == 1) return; \
    for (long parts = together; parts > 1; parts -= parts / 2) { \
      const long moved = parts / 2, kept = parts - moved; \
      jq_##OP##_join_##S(moved * columns, strip, strip + kept * columns); \
    } \
    memcpy(result, strip, (size_t)columns * sizeof(T)); \
    const long grouped = groups * together; \
    jq_##OP##_leaf_rows_##S( \
        rows - grouped, columns, columns, source + grouped * columns, strip); \
    jq_##OP##_join_##S(columns, result, strip); \
  }

JQ_FOR_EACH_REDUCTION(JQ_DEFINE)
