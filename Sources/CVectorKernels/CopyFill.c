// Copies between strided layouts, and fills.
#include "KernelSupport.h"

typedef struct {
  long count, source, destination;
} jq_dimension;

typedef uint32_t jq_quad_u32 __attribute__((ext_vector_type(4)));
typedef uint64_t jq_quad_u64 __attribute__((ext_vector_type(4)));

// Elements on a side of the square that a transpose moves at a time, and of the registers' square.
#define JQ_TRANSPOSE_BLOCK 32
#define JQ_TRANSPOSE_QUAD 4

static long magnitude(long x) { return x < 0 ? -x : x; }

// out[j][i] = x[i][j] for i < rows, j < columns; both have unit stride along the inner index.
#define JQ_DEFINE_TRANSPOSE(S, T, V) \
  JQ_INLINE void jq_transpose_quad_##S(const T *x, long x_stride, T *out, long out_stride) { \
    V row0, row1, row2, row3; \
    memcpy(&row0, x, sizeof row0); \
    memcpy(&row1, x + x_stride, sizeof row1); \
    memcpy(&row2, x + 2 * x_stride, sizeof row2); \
    memcpy(&row3, x + 3 * x_stride, sizeof row3); \
    const V low02 = __builtin_shufflevector(row0, row2, 0, 4, 1, 5); \
    const V high02 = __builtin_shufflevector(row0, row2, 2, 6, 3, 7); \
    const V low13 = __builtin_shufflevector(row1, row3, 0, 4, 1, 5); \
    const V high13 = __builtin_shufflevector(row1, row3, 2, 6, 3, 7); \
    row0 = __builtin_shufflevector(low02, low13, 0, 4, 1, 5); \
    row1 = __builtin_shufflevector(low02, low13, 2, 6, 3, 7); \
    row2 = __builtin_shufflevector(high02, high13, 0, 4, 1, 5); \
    row3 = __builtin_shufflevector(high02, high13, 2, 6, 3, 7); \
    memcpy(out, &row0, sizeof row0); \
    memcpy(out + out_stride, &row1, sizeof row1); \
    memcpy(out + 2 * out_stride, &row2, sizeof row2); \
    memcpy(out + 3 * out_stride, &row3, sizeof row3); \
  } \
\
  JQ_CLONES static void jq_transpose_##S( \
      long rows, long columns, const T *x, long x_stride, T *out, long out_stride) { \
    for (long j0 = 0; j0 < columns; j0 += JQ_TRANSPOSE_BLOCK) { \
      const long j1 = columns - j0 < JQ_TRANSPOSE_BLOCK ? columns : j0 + JQ_TRANSPOSE_BLOCK; \
      for (long i0 = 0; i0 < rows; i0 += JQ_TRANSPOSE_BLOCK) { \
        const long i1 = rows - i0 < JQ_TRANSPOSE_BLOCK ? rows : i0 + JQ_TRANSPOSE_BLOCK; \
        const long i_quads = i0 + (i1 - i0) / JQ_TRANSPOSE_QUAD * JQ_TRANSPOSE_QUAD; \
        long j = j0; \
        for (; j + JQ_TRANSPOSE_QUAD <= j1; j += JQ_TRANSPOSE_QUAD) { \
          for (long i = i0; i < i_quads; i += JQ_TRANSPOSE_QUAD) \
            jq_transpose_quad_##S( \
                x + i * x_stride + j, x_stride, out + j * out_stride + i, out_stride); \
          for (long i = i_quads; i < i1; i++) \
            for (long k = j; k < j + JQ_TRANSPOSE_QUAD; k++) \
              out[k * out_stride + i] = x[i * x_stride + k]; \
        } \
        for (; j < j1; j++) \
          for (long i = i0; i < i1; i++) out[j * out_stride + i] = x[i * x_stride + j]; \
      } \
    } \
  }

JQ_DEFINE_TRANSPOSE(u32, uint32_t, jq_quad_u32)
JQ_DEFINE_TRANSPOSE(u64, uint64_t, jq_quad_u64)

typedef uint8_t jq_line __attribute__((vector_size(64), aligned(1)));
typedef uint8_t jq_quarter __attribute__((vector_size(16), aligned(1)));
typedef uint32_t jq_word __attribute__((aligned(1)));

// Rows that are no shorter than a piece. The last piece of a row may overlap the one before.
#define JQ_DEFINE_COPY_ROWS(P) \
  JQ_CLONES static void jq_copy_rows_##P( \
      long rows, long byte_count, const uint8_t *x, long x_stride, uint8_t *out, \
      long out_stride) { \
    jq_use_wide_vectors(); \
    const long last = byte_count - (long)sizeof(P); \
    for (long row = 0; row < rows; row++, x += x_stride, out += out_stride) { \
      for (long i = 0; i < last; i += (long)sizeof(P)) *(P *)(out + i) = *(const P *)(x + i); \
      *(P *)(out + last) = *(const P *)(x + last); \
    } \
  }

JQ_DEFINE_COPY_ROWS(jq_line)
JQ_DEFINE_COPY_ROWS(jq_quarter)
JQ_DEFINE_COPY_ROWS(jq_word)

// From how many bytes on a row is worth a call of memcpy.
#define JQ_LONG_ROW 4096

void jq_copy_rows(
    long rows, long byte_count, const void *x, long x_stride, void *out, long out_stride) {
  if (byte_count >= JQ_LONG_ROW || byte_count < (long)sizeof(jq_word)) {
    for (long row = 0; row < rows; row++)
      memcpy((char *)out + row * out_stride, (const char *)x + row * x_stride, (size_t)byte_count);
  } else if (byte_count >= (long)sizeof(jq_line)) {
    jq_copy_rows_jq_line(rows, byte_count, x, x_stride, out, out_stride);
  } else if (byte_count >= (long)sizeof(jq_quarter)) {
    jq_copy_rows_jq_quarter(rows, byte_count, x, x_stride, out, out_stride);
  } else {
    jq_copy_rows_jq_word(rows, byte_count, x, x_stride, out, out_stride);
  }
}

static void jq_transpose_u8(
    long rows, long columns, const uint8_t *x, long x_stride, uint8_t *out, long out_stride) {
  for (long j = 0; j < columns; j++)
    for (long i = 0; i < rows; i++) out[j * out_stride + i] = x[i * x_stride + j];
}

#define JQ_DEFINE_MOVES(S, T) \
  JQ_CLONES static void jq_fill_##S(long count, T value, T *out) { \
    jq_use_wide_vectors(); \
    for (long i = 0; i < count; i++) out[i] = value; \
  } \
\
  static void jq_copy_line_##S(const jq_dimension *line, const T *x, T *out) { \
    if (line->source == 1 && line->destination == 1) \
      memcpy(out, x, (size_t)line->count * sizeof(T)); \
    else if (line->source == 0 && line->destination == 1) \
      jq_fill_##S(line->count, *x, out); \
    else \
      for (long i = 0; i < line->count; i++) out[i * line->destination] = x[i * line->source]; \
  } \
\
  static void jq_copy_plane_##S( \
      const jq_dimension *outer, const jq_dimension *inner, const T *x, T *out) { \
    if (outer->source == 1 && inner->destination == 1 && magnitude(inner->source) > 1) \
      jq_transpose_##S( \
          inner->count, outer->count, x, inner->source, out, outer->destination); \
    else if (inner->source == 1 && inner->destination == 1) \
      jq_copy_rows( \
          outer->count, inner->count * (long)sizeof(T), x, outer->source * (long)sizeof(T), out, \
          outer->destination * (long)sizeof(T)); \
    else \
      for (long i = 0; i < outer->count; i++) \
        jq_copy_line_##S(inner, x + i * outer->source, out + i * outer->destination); \
  } \
\
  /* The last two dimensions as planes, every other one counted through. */ \
  static void jq_copy_##S##_dimensions( \
      int rank, const jq_dimension *dimensions, const T *x, T *out) { \
    if (rank == 0) { \
      *out = *x; \
      return; \
    } \
    if (rank == 1) { \
      jq_copy_line_##S(dimensions, x, out); \
      return; \
    } \
    long index[JQ_MAX_RANK] = {0}; \
    const int counted = rank - 2; \
    for (;;) { \
      jq_copy_plane_##S(&dimensions[rank - 2], &dimensions[rank - 1], x, out); \
      int d = counted - 1; \
      for (; d >= 0; d--) { \
        x += dimensions[d].source; \
        out += dimensions[d].destination; \
        if (++index[d] < dimensions[d].count) break; \
        x -= dimensions[d].source * dimensions[d].count; \
        out -= dimensions[d].destination * dimensions[d].count; \
        index[d] = 0; \
      } \
      if (d < 0) return; \
    } \
  }

JQ_DEFINE_MOVES(u8, uint8_t)
JQ_DEFINE_MOVES(u32, uint32_t)
JQ_DEFINE_MOVES(u64, uint64_t)

// Leaves out dimensions of size 1, orders the others by the destination's strides, outermost first,
// and joins those that both sides step through as one. Returns how many remain, or -1 for no
// elements.
static int normalize(
    int rank, const long *dims, const long *source_strides, const long *destination_strides,
    jq_dimension *dimensions) {
  int kept = 0;
  for (int d = 0; d < rank; d++) {
    if (dims[d] <= 0) return -1;
    if (dims[d] == 1) continue;
    const jq_dimension dimension = {dims[d], source_strides[d], destination_strides[d]};
    int place = kept++;
    for (; place > 0; place--) {
      if (magnitude(dimensions[place - 1].destination) >= magnitude(dimension.destination)) break;
      dimensions[place] = dimensions[place - 1];
    }
    dimensions[place] = dimension;
  }
  int joined = 0;
  for (int d = 1; d < kept; d++) {
    jq_dimension *outer = &dimensions[joined];
    const jq_dimension *inner = &dimensions[d];
    if (outer->source == inner->source * inner->count &&
        outer->destination == inner->destination * inner->count)
      *outer = (jq_dimension){outer->count * inner->count, inner->source, inner->destination};
    else
      dimensions[++joined] = *inner;
  }
  return kept == 0 ? 0 : joined + 1;
}

// Brings the dimension that the source runs along next to the innermost, for the sake of
// transposes.
static void pair_for_transpose(int rank, jq_dimension *dimensions) {
  if (rank < 3 || dimensions[rank - 1].source == 1 || dimensions[rank - 1].destination != 1) return;
  for (int d = rank - 2; d >= 0; d--) {
    if (dimensions[d].source != 1) continue;
    const jq_dimension along_source = dimensions[d];
    memmove(&dimensions[d], &dimensions[d + 1], (size_t)(rank - 2 - d) * sizeof(jq_dimension));
    dimensions[rank - 2] = along_source;
    return;
  }
}

void jq_copy_strided(
    int rank, const long *dims, long element_size, const void *src, const long *src_strides,
    void *dst, const long *dst_strides) {
  jq_dimension dimensions[JQ_MAX_RANK];
  const int kept = normalize(rank, dims, src_strides, dst_strides, dimensions);
  if (kept < 0) return;
  pair_for_transpose(kept, dimensions);
  if (element_size == 1) jq_copy_u8_dimensions(kept, dimensions, src, dst);
  if (element_size == 4) jq_copy_u32_dimensions(kept, dimensions, src, dst);
  if (element_size == 8) jq_copy_u64_dimensions(kept, dimensions, src, dst);
}

void jq_fill(long count, long element_size, const void *value, void *out) {
  if (count <= 0) return;
  if (element_size == 1) memset(out, *(const uint8_t *)value, (size_t)count);
  if (element_size == 4) {
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    jq_fill_u32(count, bits, out);
  }
  if (element_size == 8) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    jq_fill_u64(count, bits, out);
  }
}
