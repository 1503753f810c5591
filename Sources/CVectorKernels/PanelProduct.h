// The sum of products of a few rows and a matrix packed in panels, for one CPU level and one element type.
//
// Include with T (element), SUFFIX, TARGET (function attributes), VECTOR_BYTES and the tallest block
// of rows, TALLEST, for which the level has registers. Every element is summed in the order of the
// products and of the inner index, whatever block it falls in, so cutting the rows changes no bit.
#define JQ_NAME3(a, b, c) a##_##b##_##c
#define JQ_NAME2(a, b, c) JQ_NAME3(a, b, c)
#define JQ_LEVEL(name) JQ_NAME2(name, SUFFIX, LEVEL)
#define JQ_STRIP (2 * VECTOR_BYTES / (long)sizeof(T))

typedef T JQ_LEVEL(vector) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T))));

// ROWS rows from `row` on and STRIPS strips of two vectors, a panel apart, from `column` on.
#define JQ_BLOCK(ROWS, STRIPS) \
  TARGET static void JQ_LEVEL(block_##ROWS##x##STRIPS)( \
      long count, const jq_panel_product *products, long row0, long column, const T *begin, \
      long beginStride, T *out, long outStride) { \
    typedef JQ_LEVEL(vector) V; \
    V sum[ROWS][STRIPS][2]; \
    const long half = JQ_STRIP / 2; \
    _Pragma("clang loop unroll(full)") for (int row = 0; row < ROWS; row++) { \
      _Pragma("clang loop unroll(full)") for (int strip = 0; strip < STRIPS; strip++) { \
        const T *start = begin + row * beginStride + strip * JQ_PANEL(T); \
        sum[row][strip][0] = *(const V *)start; \
        sum[row][strip][1] = *(const V *)(start + half); \
      } \
    } \
    for (long product = 0; product < count; product++) { \
      const long inner = products[product].inner, stride = products[product].stride; \
      const long panelSize = inner * JQ_PANEL(T); \
      const T *a = (const T *)products[product].a + row0 * stride; \
      const T *panel = (const T *)products[product].panels + \
                       column / JQ_PANEL(T) * panelSize + column % JQ_PANEL(T); \
      for (long k = 0; k < inner; k++) { \
        V b[STRIPS][2]; \
        _Pragma("clang loop unroll(full)") for (int strip = 0; strip < STRIPS; strip++) { \
          const T *start = panel + strip * panelSize + k * JQ_PANEL(T); \
          b[strip][0] = *(const V *)start; \
          b[strip][1] = *(const V *)(start + half); \
        } \
        _Pragma("clang loop unroll(full)") for (int row = 0; row < ROWS; row++) { \
          const V factor = (V){} + a[row * stride + k]; \
          _Pragma("clang loop unroll(full)") for (int strip = 0; strip < STRIPS; strip++) { \
            sum[row][strip][0] += factor * b[strip][0]; \
            sum[row][strip][1] += factor * b[strip][1]; \
          } \
        } \
      } \
    } \
    _Pragma("clang loop unroll(full)") for (int row = 0; row < ROWS; row++) { \
      _Pragma("clang loop unroll(full)") for (int strip = 0; strip < STRIPS; strip++) { \
        T *start = out + row * outStride + strip * JQ_PANEL(T); \
        *(V *)start = sum[row][strip][0]; \
        *(V *)(start + half) = sum[row][strip][1]; \
      } \
    } \
  }

#if TALLEST >= 12
JQ_BLOCK(12, 1)
JQ_BLOCK(8, 1)
#endif
#if TALLEST >= 6
JQ_BLOCK(6, 1)
#endif
JQ_BLOCK(4, 1)
JQ_BLOCK(2, 1)
JQ_BLOCK(1, 1)
#if TALLEST >= 12
JQ_BLOCK(2, 2)
JQ_BLOCK(1, 2)
JQ_BLOCK(1, 4)
#endif

#define JQ_DO(ROWS, STRIPS) \
  JQ_LEVEL(block_##ROWS##x##STRIPS)( \
      count, products, first + row, column, begin + row * beginStride, beginStride, \
      out + row * outStride, outStride), \
      row += ROWS

// The products of `rows` rows from `first` on and the panel at `column`, added to `begin`, in `out`.
TARGET static void JQ_LEVEL(panel)(
    long count, const jq_panel_product *products, long first, long rows, long column,
    const T *begin, long beginStride, T *out, long outStride) {
  for (long end = column + JQ_PANEL(T); column < end; column += JQ_STRIP) {
    long row = 0;
#if TALLEST >= 12
    while (rows - row >= 12 && rows - row != 16) JQ_DO(12, 1);
    while (rows - row >= 8) JQ_DO(8, 1);
#endif
#if TALLEST >= 6
    while (rows - row >= 6 && rows - row != 8) JQ_DO(6, 1);
#endif
    while (rows - row >= 4) JQ_DO(4, 1);
    while (rows - row >= 2) JQ_DO(2, 1);
    while (rows - row >= 1) JQ_DO(1, 1);
    begin += JQ_STRIP;
    out += JQ_STRIP;
  }
}

// The products with panels of `columns` columns in all. What they are added to, `begin`, is one run
// of at least four panels of zeros for all columns if `beginStep` is 0.
TARGET static void JQ_LEVEL(panels)(
    long first, long rows, long columns, long count, const jq_panel_product *products,
    const T *begin, long beginStride, long beginStep, T *out, long outStride) {
  const long width = JQ_PANEL(T);
  long column = 0;
#if TALLEST >= 12
  // One or two rows have too few sums in flight in one panel.
  if (rows <= 2) {
    long byte_count = 0;
    for (long i = 0; i < count; i++) byte_count += products[i].inner * columns * (long)sizeof(T);
    const int is_in_cache = byte_count <= JQ_FIRST_LEVEL_CACHE;
    const long strips = is_in_cache && rows == 1 && columns >= 4 * width ? 4 : 2;
    const long groups = columns / (strips * width);
    const int is_backwards = !is_in_cache && jq_takes_turn(products[0].panels);
    const T *const first_begin = begin;
    T *const first_out = out;
    for (long group = 0; group < groups; group++) {
      long row = 0;
      column = (is_backwards ? groups - 1 - group : group) * strips * width;
      begin = first_begin + column * beginStep;
      out = first_out + column;
      if (strips == 4) JQ_DO(1, 4);
      else if (rows == 1) JQ_DO(1, 2);
      else JQ_DO(2, 2);
    }
    column = groups * strips * width;
    begin = first_begin + column * beginStep;
    out = first_out + column;
    if (rows == 1 && columns - column >= 2 * width) {
      long row = 0;
      JQ_DO(1, 2);
      column += 2 * width;
      begin += 2 * width * beginStep;
      out += 2 * width;
    }
  }
#endif
  for (; columns - column >= width; column += width) {
    JQ_LEVEL(panel)(count, products, first, rows, column, begin, beginStride, out, outStride);
    begin += width * beginStep;
    out += width;
  }
  const long rest = columns - column;
  if (rest == 0) return;
  T block[JQ_TAIL_ROWS * JQ_PANEL(T)];
  for (long row = 0; row < rows; row += JQ_TAIL_ROWS) {
    const long some = rows - row < JQ_TAIL_ROWS ? rows - row : JQ_TAIL_ROWS;
    memset(block, 0, sizeof block);
    for (long i = 0; i < some; i++)
      memcpy(block + i * width, begin + (row + i) * beginStride, (size_t)rest * sizeof(T));
    JQ_LEVEL(panel)(
        count, products, first + row, some, column, block, width, block, width);
    for (long i = 0; i < some; i++)
      memcpy(out + (row + i) * outStride, block + i * width, (size_t)rest * sizeof(T));
  }
}

#undef JQ_NAME3
#undef JQ_NAME2
#undef JQ_LEVEL
#undef JQ_STRIP
#undef JQ_BLOCK
#undef JQ_DO
#undef LEVEL
#undef TARGET
#undef VECTOR_BYTES
#undef TALLEST
