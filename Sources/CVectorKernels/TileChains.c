// Chains of floating-point operations, a block of elements at a time: what passes from one step to
// the next stays in vector registers.
#include "Float32Math.h"
#include "Float64Math.h"

// All vectors in one iteration: only then is the accumulator no memory.
#define JQ_BLOCK_LOOP(FIRST, COUNT) \
  JQ_PRAGMA(clang loop vectorize(assume_safety) vectorize_width(64 / sizeof(T)) \
                interleave_count((COUNT) * sizeof(T) / 64)) \
  for (long i = FIRST; i < FIRST + COUNT; i++)

// Where the register of a step is. A step is read at once, its parts from the lowest bits: loads are
// what there are most of.
#define JQ_PLACE ((T *)((char *)registers[step >> 32] + (offset & (int16_t)(step >> 16))))
#define JQ_OPERAND (is_whole ? JQ_PLACE : memcpy(rest, JQ_PLACE, (size_t)count * sizeof(T)))

// The cases of a step, in a function that says what `T`, `step` and `lanes` are. x is the
// accumulator and y the register, or the other way round.
#define JQ_STEP(X, Y, ...) \
  JQ_BLOCK_LOOP(0, lanes) { \
    const T x = X, y = Y; \
    (void)x, (void)y; \
    accumulator[i] = (__VA_ARGS__); \
  }
#define JQ_REGISTER_STEP(OPERATION, X, Y, ...) \
  case OPERATION: { \
    const T *operand = JQ_OPERAND; \
    JQ_STEP(X, Y, __VA_ARGS__) \
    break; \
  }
#define JQ_UNIFORM_STEP(OPERATION, X, Y, ...) \
  case JQ_CHAIN_UNIFORM + OPERATION: { \
    const T operand = *JQ_PLACE; \
    JQ_STEP(X, Y, __VA_ARGS__) \
    break; \
  }
#define JQ_UNARY_STEP(NAME, ...) \
  case JQ_CHAIN_##NAME: \
    JQ_STEP(accumulator[i], accumulator[i], __VA_ARGS__) \
    break;
#define JQ_BINARY_STEP(NAME, ...) \
  JQ_REGISTER_STEP(JQ_CHAIN_##NAME, accumulator[i], operand[i], __VA_ARGS__) \
  JQ_REGISTER_STEP(JQ_CHAIN_REVERSED_##NAME, operand[i], accumulator[i], __VA_ARGS__) \
  JQ_UNIFORM_STEP(JQ_CHAIN_##NAME, accumulator[i], operand, __VA_ARGS__) \
  JQ_UNIFORM_STEP(JQ_CHAIN_REVERSED_##NAME, operand, accumulator[i], __VA_ARGS__)

// Functions take more registers than there are for more than four vectors.
#define JQ_FUNCTION_STEP(NAME, FUNCTION) \
  case JQ_CHAIN_##NAME: { \
    enum { some = lanes * sizeof(T) > 256 ? lanes / 2 : lanes }; \
    JQ_BLOCK_LOOP(0, some) accumulator[i] = FUNCTION(accumulator[i]); \
    if (some < lanes) JQ_BLOCK_LOOP(some, some) accumulator[i] = FUNCTION(accumulator[i]); \
    break; \
  }
#define JQ_FUNCTION_STEP_f32(NAME) JQ_FUNCTION_STEP(NAME, f32_##NAME)
#define JQ_FUNCTION_STEP_f64(NAME) JQ_FUNCTION_STEP(NAME, f64_##NAME)

// One block of so many vectors; of one that is not whole, `count` elements are there.
#define JQ_DEFINE_BLOCK(NAME, S, TYPE, VECTORS, IS_WHOLE) \
  JQ_INLINE void jq_chain_##NAME##_##S( \
      long count, long offset, const jq_chain_step *steps, long step_count, \
      void *const *registers) { \
    typedef TYPE T; \
    enum { lanes = VECTORS * 64 / sizeof(T), is_whole = IS_WHOLE }; \
    T accumulator[lanes], rest[lanes] = {0}; \
    for (long k = 0; k < step_count; k++) { \
      uint64_t step; \
      memcpy(&step, &steps[k], sizeof step); \
      switch ((int16_t)step) { \
        JQ_REGISTER_STEP(JQ_CHAIN_LOAD, operand[i], operand[i], x) \
        JQ_UNIFORM_STEP(JQ_CHAIN_LOAD, operand, operand, x) \
        case JQ_CHAIN_STORE: { \
          T *place = JQ_PLACE; \
          if (is_whole) { \
            JQ_BLOCK_LOOP(0, lanes) place[i] = accumulator[i]; \
          } else { \
            memcpy(place, accumulator, (size_t)count * sizeof(T)); \
          } \
          break; \
        } \
          JQ_FLOAT_UNARY_OPERATIONS(JQ_UNARY_STEP) \
          JQ_FLOAT_FUNCTIONS(JQ_FUNCTION_STEP_##S) \
          JQ_FLOAT_BINARY_OPERATIONS(JQ_BINARY_STEP) \
        default: __builtin_unreachable(); \
      } \
    } \
  }

// For one level of the processor; IS_LARGE if it has registers for large blocks.
#define JQ_DEFINE_LEVEL(S, T, LEVEL, TARGET, IS_LARGE) \
  TARGET static void jq_chain_##S##_##LEVEL( \
      long count, const jq_chain_step *steps, long step_count, void *const *registers) { \
    const long large = JQ_CHAIN_BLOCK / sizeof(T), block = large / 2, lanes = JQ_LANES(T); \
    long first = 0; \
    for (; IS_LARGE && first + large <= count; first += large) \
      jq_chain_large_block_##S(large, first * (long)sizeof(T), steps, step_count, registers); \
    for (; first + block <= count; first += block) \
      jq_chain_block_##S(block, first * (long)sizeof(T), steps, step_count, registers); \
    for (; first < count; first += lanes) \
      jq_chain_rest_##S( \
          count - first < lanes ? count - first : lanes, first * (long)sizeof(T), steps, \
          step_count, registers); \
  }

#if defined(__x86_64__)
#define JQ_DEFINE_LEVELS(S, T) \
  JQ_DEFINE_LEVEL(S, T, v4, JQ_TARGET_V4, 1) \
  JQ_DEFINE_LEVEL(S, T, v3, JQ_TARGET_V3, 0) \
  JQ_DEFINE_LEVEL(S, T, v1, , 0)
#else
#define JQ_DEFINE_LEVELS(S, T) JQ_DEFINE_LEVEL(S, T, v1, , 0)
#endif

#define JQ_DEFINE(S, T) \
  JQ_DEFINE_BLOCK(large_block, S, T, JQ_CHAIN_BLOCK / 64, 1) \
  JQ_DEFINE_BLOCK(block, S, T, JQ_CHAIN_BLOCK / 128, 1) \
  JQ_DEFINE_BLOCK(rest, S, T, 1, 0) \
  JQ_DEFINE_LEVELS(S, T) \
  void jq_chain_##S( \
      long count, const jq_chain_step *steps, long step_count, void *const *registers) { \
    JQ_AT_LEVEL(jq_chain_##S, count, steps, step_count, registers); \
  }

JQ_DEFINE(f32, float)
JQ_DEFINE(f64, double)
