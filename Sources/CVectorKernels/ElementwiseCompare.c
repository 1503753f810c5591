// Comparisons, selection and plain copies.
#include "KernelSupport.h"

#define JQ_DEFINE_ANY(S, T) \
  JQ_MAP2(equal_##S, T, T, T, uint8_t, x == y) \
  JQ_MAP2(notequal_##S, T, T, T, uint8_t, x != y) \
  JQ_MAP3(select_##S, T, uint8_t, T, T, T, x != 0 ? y : z) \
  JQ_TILE(copy_##S) { \
    (void)b, (void)c; \
    if (out != a && count > 0) memcpy(out, a, (size_t)count * sizeof(T)); \
  }

#define JQ_DEFINE_ORDERED(S, T) \
  JQ_DEFINE_ANY(S, T) \
  JQ_MAP2(less_##S, T, T, T, uint8_t, x < y) \
  JQ_MAP2(lessequal_##S, T, T, T, uint8_t, x <= y) \
  JQ_MAP2(greater_##S, T, T, T, uint8_t, x > y) \
  JQ_MAP2(greaterequal_##S, T, T, T, uint8_t, x >= y)

JQ_DEFINE_ORDERED(f32, float)
JQ_DEFINE_ORDERED(f64, double)
JQ_DEFINE_ORDERED(i32, int32_t)
JQ_DEFINE_ORDERED(i64, int64_t)
JQ_DEFINE_ORDERED(u8, uint8_t)
JQ_DEFINE_ANY(b8, uint8_t)
