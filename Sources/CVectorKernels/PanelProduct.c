// Products with a matrix that was packed once: what a loop multiplies by in every iteration.
#include "KernelSupport.h"

// A panel is 128 bytes of columns, the inner index running slowest.
#define JQ_PANEL(T) (128 / (long)sizeof(T))
#define JQ_TAIL_ROWS 24

#define JQ_FIRST_LEVEL_CACHE (32 << 10)

// Whether a matrix is gone through backwards this time, as it is every second time on a thread: what
// was read last is still in the first-level cache, of a matrix that does not fit there whole. No sum
// depends on it.
static int jq_takes_turn(const void *panels) {
  static _Thread_local uint8_t turns[16];
  return turns[(uintptr_t)panels >> 6 & 15]++ & 1;
}

#define T float
#define SUFFIX f32
#include "PanelProductLevels.h"
#undef T
#undef SUFFIX

#define T double
#define SUFFIX f64
#include "PanelProductLevels.h"
#undef T
#undef SUFFIX

#define JQ_DEFINE_PANELS(S, T) \
  long jq_panels_size_##S(long inner, long columns) { \
    return (columns + JQ_PANEL(T) - 1) / JQ_PANEL(T) * JQ_PANEL(T) * inner; \
  } \
  void jq_pack_panels_##S( \
      long first, long end, long inner, long columns, const void *b, long stride, \
      int transposed, void *panels) { \
    const long width = JQ_PANEL(T); \
    for (long panel = first; panel < end; panel++) { \
      const long column = panel * width; \
      const long count = columns - column < width ? columns - column : width; \
      T *target = (T *)panels + panel * width * inner; \
      const T *source = (const T *)b + (transposed ? column * stride : column); \
      if (transposed) \
        jq_copy_strided( \
            2, (const long[]){inner, count}, sizeof(T), source, (const long[]){1, stride}, target, \
            (const long[]){width, 1}); \
      for (long k = 0; k < inner; k++, target += width) { \
        if (!transposed) memcpy(target, source + k * stride, (size_t)count * sizeof(T)); \
        for (long j = count; j < width; j++) target[j] = 0; \
      } \
    } \
  } \
  JQ_CLONES static void jq_add_bias_##S( \
      long rows, long columns, const T *addend, long addendStride, const T *bias, T *out, \
      long outStride) { \
    jq_use_wide_vectors(); \
    for (long row = 0; row < rows; row++) { \
      T *target = out + row * outStride; \
      const T *source = addend + row * addendStride; \
      JQ_VECTOR_LOOP(T) for (long j = 0; j < columns; j++) target[j] = source[j] + bias[j]; \
    } \
  } \
  void jq_multiply_panels_##S( \
      long rows, long columns, long count, const jq_panel_product *products, \
      const void *addend, long addendStride, const void *bias, void *out, long outStride) { \
    static const T zeros[4 * JQ_PANEL(T)]; \
    /* With both addend and bias, rows whose sum stays in the first-level cache. */ \
    const long block = addend && bias ? 24 : rows; \
    for (long row = 0; row < rows; row += block) { \
      const long some = rows - row < block ? rows - row : block; \
      T *target = (T *)out + row * outStride; \
      const T *begin = zeros; \
      long beginStride = 0, beginStep = 0; \
      if (addend && bias) { \
        jq_add_bias_##S( \
            some, columns, (const T *)addend + row * addendStride, addendStride, bias, target, \
            outStride); \
        begin = target, beginStride = outStride, beginStep = 1; \
      } else if (addend) { \
        begin = (const T *)addend + row * addendStride; \
        beginStride = addendStride, beginStep = 1; \
      } else if (bias) { \
        begin = bias, beginStep = 1; \
      } \
      JQ_AT_LEVEL( \
          panels_##S, row, some, columns, count, products, begin, beginStride, beginStep, target, \
          outStride); \
    } \
  }

JQ_DEFINE_PANELS(f32, float)
JQ_DEFINE_PANELS(f64, double)
