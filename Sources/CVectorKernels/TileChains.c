// Chains of floating-point operations, a block of elements at a time: what passes from one step to
// the next stays in vector registers.
#include "Float32Math.h"
#include "Float64Math.h"

// The cases of a step, in a function that says what `T`, `vectors` and `lanes` are. x is the
// accumulator and y the register, or the other way round. All vectors in one iteration: only then
// is the accumulator no memory.
#define JQ_BLOCK_LOOP \
  JQ_PRAGMA(clang loop vectorize(assume_safety) vectorize_width(64 / sizeof(T)) \
                interleave_count(vectors)) \
  for (long i = 0; i < lanes; i++)

#define JQ_STEP(OPERATION, OPERAND, X, Y, ...) \
  case OPERATION: { \
    const T *operand = OPERAND; \
    (void)operand; \
    JQ_BLOCK_LOOP { \
      const T x = X[i], y = Y[i]; \
      (void)x, (void)y; \
      accumulator[i] = (__VA_ARGS__); \
    } \
    break; \
  }

#define JQ_OPERAND (is_whole ? place : memcpy(rest, place, (size_t)count * sizeof(T)))
#define JQ_UNARY_STEP(NAME, ...) \
  JQ_STEP(JQ_CHAIN_##NAME, 0, accumulator, accumulator, __VA_ARGS__)
#define JQ_BINARY_STEP(NAME, ...) \
  JQ_STEP(JQ_CHAIN_##NAME, JQ_OPERAND, accumulator, operand, __VA_ARGS__) \
  JQ_STEP(JQ_CHAIN_REVERSED_##NAME, JQ_OPERAND, operand, accumulator, __VA_ARGS__)
#define JQ_FUNCTION_STEP_f32(NAME) JQ_UNARY_STEP(NAME, f32_##NAME(x))
#define JQ_FUNCTION_STEP_f64(NAME) JQ_UNARY_STEP(NAME, f64_##NAME(x))

// One block of so many vectors; of one that is not whole, `count` elements are there.
#define JQ_DEFINE_BLOCK(NAME, S, TYPE, VECTORS, IS_WHOLE) \
  JQ_INLINE void jq_chain_##NAME##_##S( \
      long count, long offset, const jq_chain_step *steps, long step_count, \
      void *const *registers) { \
    typedef TYPE T; \
    enum { vectors = VECTORS, lanes = vectors * 64 / sizeof(T), is_whole = IS_WHOLE }; \
    T accumulator[lanes], rest[lanes] = {0}; \
    for (long k = 0; k < step_count; k++) { \
      T *place = (T *)((char *)registers[steps[k].place] + (offset & steps[k].advance)); \
      switch (steps[k].operation) { \
        JQ_STEP(JQ_CHAIN_LOAD, JQ_OPERAND, operand, operand, x) \
        case JQ_CHAIN_STORE: \
          if (is_whole) { \
            JQ_BLOCK_LOOP place[i] = accumulator[i]; \
          } else { \
            memcpy(place, accumulator, (size_t)count * sizeof(T)); \
          } \
          break; \
          JQ_FLOAT_UNARY_OPERATIONS(JQ_UNARY_STEP) \
          JQ_FLOAT_FUNCTIONS(JQ_FUNCTION_STEP_##S) \
          JQ_FLOAT_BINARY_OPERATIONS(JQ_BINARY_STEP) \
        default: __builtin_unreachable(); \
      } \
    } \
  }

#define JQ_DEFINE(S, T) \
  JQ_DEFINE_BLOCK(block, S, T, JQ_CHAIN_BLOCK / 64, 1) \
  JQ_DEFINE_BLOCK(rest, S, T, 1, 0) \
  JQ_CLONES void jq_chain_##S( \
      long count, const jq_chain_step *steps, long step_count, void *const *registers) { \
    jq_use_wide_vectors(); \
    const long block = JQ_CHAIN_BLOCK / sizeof(T), lanes = JQ_LANES(T); \
    long first = 0; \
    for (; first + block <= count; first += block) \
      jq_chain_block_##S(block, first * (long)sizeof(T), steps, step_count, registers); \
    for (; first < count; first += lanes) \
      jq_chain_rest_##S( \
          count - first < lanes ? count - first : lanes, first * (long)sizeof(T), steps, \
          step_count, registers); \
  }

JQ_DEFINE(f32, float)
JQ_DEFINE(f64, double)
