// Vector kernels over raw contiguous buffers, multiversioned per CPU level on x86-64.
//
// Dtype suffixes: f32 f64 i32 i64 u8 and b8, a bool stored as one byte that holds 0 or 1.
//
// Every function here is thread-safe, allocates nothing and never traps. An element's result
// depends on its operands alone, never on its position or on `count`, so cutting a buffer into
// tiles changes no bit (of a NaN, only that it is one is promised). On one machine results are the
// same from run to run; CPU levels may differ in last bits, because the x86-64 baseline has no
// fused multiply-add.
#ifndef C_VECTOR_KERNELS_H
#define C_VECTOR_KERNELS_H

#include <stdint.h>

#include "FloatOperations.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An elementwise kernel over `count` contiguous elements.
///
/// Operands that a kernel does not use are ignored and may be null. `out` may be the very address
/// of an operand whose elements have the size of the result's; otherwise nothing may overlap.
typedef void (*jq_tile_function)(
    long count, const void *a, const void *b, const void *c, void *out);

#define JQ_TILE(name) \
  void jq_##name(long count, const void *a, const void *b, const void *c, void *out)

// Elementwise kernels -----------------------------------------------------------------------------

// f32 f64 i32 i64 u8.
// add sub mul: integers wrap.
// div: integers truncate; division by zero gives 0, and the lowest value divided by -1 itself.
// floordiv mod: mod has the sign of the divisor, as in Python; integers give 0 for a zero divisor.
// min max: NaN if either operand is NaN. sign: -1, 0 or 1; NaN stays NaN.
#define JQ_DECLARE_NUMERIC(S) \
  JQ_TILE(add_##S); \
  JQ_TILE(sub_##S); \
  JQ_TILE(mul_##S); \
  JQ_TILE(div_##S); \
  JQ_TILE(floordiv_##S); \
  JQ_TILE(mod_##S); \
  JQ_TILE(min_##S); \
  JQ_TILE(max_##S); \
  JQ_TILE(neg_##S); \
  JQ_TILE(abs_##S); \
  JQ_TILE(sign_##S); \
  JQ_TILE(square_##S);

// Comparisons; `out` is b8.
#define JQ_DECLARE_ORDERED(S) \
  JQ_TILE(less_##S); \
  JQ_TILE(lessequal_##S); \
  JQ_TILE(greater_##S); \
  JQ_TILE(greaterequal_##S);

// equal notequal: `out` is b8. select: a (b8) ? b : c. copy: a.
#define JQ_DECLARE_ANY(S) \
  JQ_TILE(equal_##S); \
  JQ_TILE(notequal_##S); \
  JQ_TILE(select_##S); \
  JQ_TILE(copy_##S);

// f32 f64. f32 functions keep a relative error below 3e-7, f64 below 1e-14, also near zero.
// softplus: log(1 + exp(a)). elu: a > 0 ? a : exp(a) - 1. round: halves to even. fma: a * b + c.
// isfinite isnan: `out` is b8.
// The gradients take a = y, the function's result, and b = dy.
#define JQ_DECLARE_FLOAT(S) \
  JQ_TILE(sqrt_##S); \
  JQ_TILE(rsqrt_##S); \
  JQ_TILE(reciprocal_##S); \
  JQ_TILE(exp_##S); \
  JQ_TILE(expm1_##S); \
  JQ_TILE(log_##S); \
  JQ_TILE(log1p_##S); \
  JQ_TILE(pow_##S); \
  JQ_TILE(floor_##S); \
  JQ_TILE(ceil_##S); \
  JQ_TILE(trunc_##S); \
  JQ_TILE(round_##S); \
  JQ_TILE(sin_##S); \
  JQ_TILE(cos_##S); \
  JQ_TILE(erf_##S); \
  JQ_TILE(tanh_##S); \
  JQ_TILE(sigmoid_##S); \
  JQ_TILE(relu_##S); \
  JQ_TILE(elu_##S); \
  JQ_TILE(softplus_##S); \
  JQ_TILE(fma_##S); \
  JQ_TILE(isfinite_##S); \
  JQ_TILE(isnan_##S); \
  JQ_TILE(tanh_grad_##S); \
  JQ_TILE(sigmoid_grad_##S); \
  JQ_TILE(relu_grad_##S); \
  JQ_TILE(elu_grad_##S);

// Conversions. Float to i32, i64: truncates toward zero and saturates, NaN gives 0. Float to u8: by
// way of i64, modulo 256. Integer to a narrower integer: modulo. To b8: a != 0 (so NaN gives 1).
#define JQ_DECLARE_CASTS(S) \
  JQ_TILE(cast_##S##_f32); \
  JQ_TILE(cast_##S##_f64); \
  JQ_TILE(cast_##S##_i32); \
  JQ_TILE(cast_##S##_i64); \
  JQ_TILE(cast_##S##_u8); \
  JQ_TILE(cast_##S##_b8);

#define JQ_DECLARE_NUMERIC_DTYPE(S) \
  JQ_DECLARE_NUMERIC(S) \
  JQ_DECLARE_ORDERED(S) \
  JQ_DECLARE_ANY(S) \
  JQ_DECLARE_CASTS(S)

JQ_DECLARE_NUMERIC_DTYPE(f32)
JQ_DECLARE_NUMERIC_DTYPE(f64)
JQ_DECLARE_NUMERIC_DTYPE(i32)
JQ_DECLARE_NUMERIC_DTYPE(i64)
JQ_DECLARE_NUMERIC_DTYPE(u8)
JQ_DECLARE_ANY(b8)
JQ_DECLARE_CASTS(b8)
JQ_DECLARE_FLOAT(f32)
JQ_DECLARE_FLOAT(f64)

/// a to the power b, wrapping. A negative exponent gives 0, except for the bases 1 and -1.
JQ_TILE(pow_i32);
JQ_TILE(pow_i64);

JQ_TILE(and_b8);
JQ_TILE(or_b8);
JQ_TILE(xor_b8);
JQ_TILE(not_b8);

// Reductions --------------------------------------------------------------------------------------
//
// x is `[rows, columns]`, row-major. `rows` reduces each row: out is `[rows]`. `columns` reduces
// each column: out is `[columns]`. The order of combination depends on the shape alone, and long
// sums are built from partial sums. Reducing nothing gives the identity: 0, 1, the lowest or
// -infinity, the highest or +infinity, false, true. min and max give NaN where there is one.
// Integers wrap.

#define JQ_REDUCTION(name) void jq_##name(long rows, long columns, const void *x, void *out)

// The index along `n` of the greatest or least element of x `[outer, n, inner]`, out `[outer,
// inner]`. Of equals the first; of NaNs the first, before any number. n = 0 gives -1.
#define JQ_ARGUMENT(name) \
  void jq_##name(long outer, long n, long inner, const void *x, int64_t *out)

#define JQ_DECLARE_REDUCTIONS(S) \
  JQ_REDUCTION(sum_rows_##S); \
  JQ_REDUCTION(prod_rows_##S); \
  JQ_REDUCTION(max_rows_##S); \
  JQ_REDUCTION(min_rows_##S); \
  JQ_REDUCTION(sum_columns_##S); \
  JQ_REDUCTION(prod_columns_##S); \
  JQ_REDUCTION(max_columns_##S); \
  JQ_REDUCTION(min_columns_##S); \
  JQ_ARGUMENT(argmax_##S); \
  JQ_ARGUMENT(argmin_##S);

JQ_DECLARE_REDUCTIONS(f32)
JQ_DECLARE_REDUCTIONS(f64)
JQ_DECLARE_REDUCTIONS(i32)
JQ_DECLARE_REDUCTIONS(i64)
JQ_DECLARE_REDUCTIONS(u8)
JQ_REDUCTION(any_rows_b8);
JQ_REDUCTION(any_columns_b8);
JQ_REDUCTION(all_rows_b8);
JQ_REDUCTION(all_columns_b8);

/// The index of the first element that is infinite or NaN, or -1.
long jq_first_nonfinite_f32(long count, const void *x);
long jq_first_nonfinite_f64(long count, const void *x);

// Copies ------------------------------------------------------------------------------------------

/// The greatest rank that `jq_copy_strided` takes, not counting dimensions of size 1.
#define JQ_MAX_RANK 32

/// Copies an array of `rank` dimensions `dims` between two layouts that do not overlap.
///
/// Strides count elements. A source stride may be 0 (broadcasting) or negative, with `src` at the
/// element of index zero; the destination's must give every element a place of its own.
/// `element_size` is 1, 4 or 8 bytes, and `src` and `dst` are aligned to it.
void jq_copy_strided(
    int rank, const long *dims, long element_size, const void *src, const long *src_strides,
    void *dst, const long *dst_strides);

/// Copies `rows` runs of `byte_count` bytes, their starts `x_stride` and `out_stride` bytes apart; for
/// many short runs, where a call for each would cost more than the copy.
void jq_copy_rows(
    long rows, long byte_count, const void *x, long x_stride, void *out, long out_stride);

/// Writes `count` copies of the element at `value`; `element_size` is 1, 4 or 8 bytes.
void jq_fill(long count, long element_size, const void *value, void *out);
//
// Lines of elementwise work that are run tile by tile. What passes from one line to the next is in
// registers: tiles of scratch memory. Registers are numbered: operands, constants, temporaries,
// results, and a last one that is null, for operands a kernel does not take.

/// The most bytes that a chain works on at a time, and those of the registers that only chains use.
#define JQ_CHAIN_BLOCK 512

/// What a step of a chain does with its register; of two operands the accumulator is the first or,
/// reversed, the second.
enum {
  JQ_CHAIN_LOAD,
  JQ_CHAIN_STORE,
#define JQ_CHAIN_UNARY(NAME, ...) JQ_CHAIN_##NAME,
#define JQ_CHAIN_BINARY(NAME, ...) JQ_CHAIN_##NAME, JQ_CHAIN_REVERSED_##NAME,
  JQ_FLOAT_UNARY_OPERATIONS(JQ_CHAIN_UNARY) JQ_FLOAT_FUNCTIONS(JQ_CHAIN_UNARY)
      JQ_FLOAT_BINARY_OPERATIONS(JQ_CHAIN_BINARY)
#undef JQ_CHAIN_UNARY
#undef JQ_CHAIN_BINARY
  /// Added to what reads a register: the register has one element, which stands for all.
  JQ_CHAIN_UNIFORM
};

typedef struct {
  int16_t operation;
  /// -1 where the register holds a tile, 0 where it holds a block that is written anew for each, or
  /// one element.
  int16_t advance;
  int32_t place;
} jq_chain_step;

/// Takes every block of `count` elements through all steps, with an accumulator from each step to
/// the next. Steps read what earlier ones stored.
typedef void (*jq_chain_function)(
    long count, const jq_chain_step *steps, long step_count, void *const *registers);

void jq_chain_f32(
    long count, const jq_chain_step *steps, long step_count, void *const *registers);
void jq_chain_f64(
    long count, const jq_chain_step *steps, long step_count, void *const *registers);

/// How an operand or a result comes by its register.
enum {
  /// The register is the place itself: its rows are contiguous, or a tile is not more than one row.
  JQ_TILE_IN_PLACE,
  /// Elements are copied to or from the register.
  JQ_TILE_COPIED,
  /// One element, repeated throughout.
  JQ_TILE_ONE_ELEMENT,
  /// One row, repeated throughout.
  JQ_TILE_ONE_ROW
};

/// Where an operand or a result lies; in elements.
typedef struct {
  /// The number of the pointer in `slots`.
  long slot;
  /// Where the first element is.
  long offset;
  /// How far apart neighbours along each outer dimension are, and in a row.
  const long *outer_strides;
  long stride;
  /// The bytes of an element.
  long size;
  long access;
} jq_tile_place;

/// A kernel and its registers, or a chain.
typedef struct {
  jq_tile_function function;
  int32_t a, b, c, out;
  /// Null for a kernel.
  jq_chain_function chain;
  const jq_chain_step *steps;
  long step_count;
} jq_tile_line;

/// An element that fills a register; the bytes of one, from the lowest.
typedef struct {
  uint64_t bits;
  long size;
} jq_tile_constant;

/// Where a register lies in scratch memory, -1 for nowhere, and how many elements it has.
typedef struct {
  long offset;
  long capacity;
} jq_tile_register;

typedef struct {
  long operand_count, constant_count, result_count, first_result, register_count, line_count;
  /// The dimensions outside rows, outermost first.
  long outer_rank;
  const long *outer_shape;
  /// The size of a tile.
  long tile_rows, tile_columns;
  /// Of the operands, then of the results.
  const jq_tile_place *places;
  const jq_tile_constant *constants;
  const jq_tile_line *lines;
  const jq_tile_register *registers;
} jq_tile_program;

/// Runs the program on rows `row`..<`row_end` and columns `column_begin`..<`column_end`. Array `slot`
/// of a place is at `pointers[slots[slot]]`.
void jq_run_tiles(
    const jq_tile_program *program, void *const *pointers, const int32_t *slots, long row,
    long row_end, long column_begin, long column_end, void *scratch);

// Random numbers ----------------------------------------------------------------------------------
//
// Philox4x32-10. Element i of a call is made from the block of four 32-bit words w0 w1 w2 w3 whose
// counter is start + i (low word, high word), stream (low word, high word), under `key` (low word,
// high word). It depends on (key, stream, start + i) alone, so a buffer may be cut up at will.

/// One Philox4x32-10 block: `words` from `counter` and `key`.
void jq_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

#define JQ_RANDOM(name) \
  void jq_philox_##name(uint64_t key, uint64_t stream, uint64_t start, long count, void *out)

/// w0, a uint32_t each.
JQ_RANDOM(bits_u32);
/// w1:w0, a uint64_t each.
JQ_RANDOM(bits_u64);

/// Uniform over [0, 1): the upper 24 bits of w0 times 2^-24.
JQ_RANDOM(uniform_f32);
/// Uniform over [0, 1): the upper 53 bits of w1:w0 times 2^-53.
JQ_RANDOM(uniform_f64);

// Standard normal by Box and Muller's cosine branch: the radius from w0 and the angle from w1 in
// f32, from w1:w0 and w3:w2 in f64.
JQ_RANDOM(normal_f32);
JQ_RANDOM(normal_f64);

// Standard normal conditioned on |z| <= 2. Attempt k = 0, 1, ... draws as the normal does, from the
// stream `stream ^ (k << 48)`; the first attempt within the bound counts.
JQ_RANDOM(truncated_normal_f32);
JQ_RANDOM(truncated_normal_f64);

// Products with packed matrices -------------------------------------------------------------------

/// Whether these kernels were compiled with optimisation. Without it, as in a plain debug build, the
/// product with panels is far slower than a BLAS library's.
int jq_is_optimized(void);

/// Rows of `inner` elements, `stride` elements apart, and the panels they are multiplied by.
typedef struct {
  long inner;
  const void *a;
  long stride;
  const void *panels;
} jq_panel_product;

/// Elements of a matrix of `columns` columns packed in panels of 128 bytes of columns each.
#define JQ_DECLARE_PANELS(S) \
  long jq_panels_size_##S(long inner, long columns); \
  /* Packs panels `first`..<`end` of b, `inner` rows of `columns` columns, or the other way round if */ \
  /* transposed, rows being `stride` elements apart; the last panel is padded with zeros. */ \
  void jq_pack_panels_##S( \
      long first, long end, long inner, long columns, const void *b, long stride, \
      int transposed, void *panels); \
  /* out = Σ a · panels + addend + bias; addend and bias, one row for all, may be null, and out may */ \
  /* be the very addend. An element's sum runs over the products in order, and over the inner index */ \
  /* of each in order, whatever the rows. */ \
  void jq_multiply_panels_##S( \
      long rows, long columns, long count, const jq_panel_product *products, \
      const void *addend, long addendStride, const void *bias, void *out, long outStride)

JQ_DECLARE_PANELS(f32);
JQ_DECLARE_PANELS(f64);

#ifdef __cplusplus
}
#endif

#endif
