// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011).
#include "Float32Math.h"
#include "KernelSupport.h"

typedef struct {
  uint32_t w0, w1, w2, w3;
} jq_words;

JQ_INLINE jq_words jq_philox(jq_words counter, uint32_t key0, uint32_t key1) {
  JQ_PRAGMA(clang loop unroll(full))
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = (uint64_t)0xD2511F53 * counter.w0;
    const uint64_t product1 = (uint64_t)0xCD9E8D57 * counter.w2;
    counter = (jq_words){
        (uint32_t)(product1 >> 32) ^ counter.w1 ^ key0, (uint32_t)product1,
        (uint32_t)(product0 >> 32) ^ counter.w3 ^ key1, (uint32_t)product0};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

JQ_INLINE jq_words jq_draw(uint64_t key, uint64_t stream, uint64_t index) {
  const jq_words counter = {
      (uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
  return jq_philox(counter, (uint32_t)key, (uint32_t)(key >> 32));
}

void jq_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
  const jq_words block =
      jq_philox((jq_words){counter[0], counter[1], counter[2], counter[3]}, key[0], key[1]);
  words[0] = block.w0;
  words[1] = block.w1;
  words[2] = block.w2;
  words[3] = block.w3;
}

JQ_INLINE uint32_t jq_bits_u32(jq_words w) { return w.w0; }
JQ_INLINE uint64_t jq_bits_u64(jq_words w) { return (uint64_t)w.w1 << 32 | w.w0; }
JQ_INLINE float jq_uniform_f32(jq_words w) { return (float)(int32_t)(w.w0 >> 8) * 0x1p-24f; }

// The upper 53 bits of high:low times 2^-53, in two halves that convert as int32 does, which every
// CPU level has an instruction for.
JQ_INLINE double jq_fraction_f64(uint32_t high, uint32_t low) {
  const double upper = (double)(int32_t)(high >> 5);
  const double lower = (double)(int32_t)((high & 31) << 21 | low >> 11);
  return upper * 0x1p-27 + lower * 0x1p-53;
}

JQ_INLINE double jq_uniform_f64(jq_words w) { return jq_fraction_f64(w.w1, w.w0); }

// The cosine of `quarters` quarter turns, |quarters| <= 4.
JQ_INLINE float jq_cosine_of_quarters_f32(float quarters) {
  const float holder = quarters + JQ_ROUNDER_F32;
  const float r = (quarters - (holder - JQ_ROUNDER_F32)) * 1.57079632679489662f, z = r * r;
  float s = 2.7557319e-6f;
  s = s * z - 1.9841270e-4f;
  s = s * z + 8.3333333e-3f;
  s = s * z - 1.6666667e-1f;
  const float sine = (s * z) * r + r;
  float c = -2.7557319e-7f;
  c = c * z + 2.4801587e-5f;
  c = c * z - 1.3888889e-3f;
  c = c * z + 4.1666667e-2f;
  const float cosine = (c * z) * z + (1 - 0.5f * z);
  const uint32_t quadrant = jq_bits_of_f32(holder) + 1;
  const float y = (quadrant & 1) != 0 ? cosine : sine;
  return jq_f32_of_bits(jq_bits_of_f32(y) ^ (quadrant & 2) << 30);
}

JQ_INLINE double jq_cosine_of_quarters_f64(double quarters) {
  const double holder = quarters + JQ_ROUNDER_F64;
  const double r = (quarters - (holder - JQ_ROUNDER_F64)) * 1.57079632679489661923;
  const double sine = jq_sin_reduced(r), cosine = jq_cos_reduced(r);
  const uint64_t quadrant = jq_bits_of_f64(holder) + 1;
  const double y = (quadrant & 1) != 0 ? cosine : sine;
  return jq_f64_of_bits(jq_bits_of_f64(y) ^ (quadrant & 2) << 62);
}

// Half a unit is added to the 32 bits, so that the logarithm's argument is never zero.
JQ_INLINE float jq_normal_f32(jq_words w) {
  const float u = ((float)w.w0 + 0.5f) * 0x1p-32f;
  const float radius = __builtin_elementwise_sqrt(-2 * f32_log(u));
  return radius * jq_cosine_of_quarters_f32((float)(int32_t)w.w1 * 0x1p-30f);
}

JQ_INLINE double jq_normal_f64(jq_words w) {
  const double u = 1 - jq_fraction_f64(w.w1, w.w0);
  const double radius = __builtin_elementwise_sqrt(-2 * f64_log(u));
  return radius * jq_cosine_of_quarters_f64(4 * jq_fraction_f64(w.w3, w.w2));
}

#define JQ_DEFINE(NAME, T) \
  JQ_CLONES JQ_RANDOM(NAME) { \
    jq_use_wide_vectors(); \
    T *result = out; \
    JQ_VECTOR_LOOP(T) \
    for (long i = 0; i < count; i++) \
      result[i] = jq_##NAME(jq_draw(key, stream, start + (uint64_t)i)); \
  }

JQ_DEFINE(bits_u32, uint32_t)
JQ_DEFINE(bits_u64, uint64_t)
JQ_DEFINE(uniform_f32, float)
JQ_DEFINE(uniform_f64, double)
JQ_DEFINE(normal_f32, float)
JQ_DEFINE(normal_f64, double)

#define JQ_DEFINE_TRUNCATED(S, T) \
  JQ_CLONES JQ_RANDOM(truncated_normal_##S) { \
    jq_use_wide_vectors(); \
    T *result = out; \
    JQ_VECTOR_LOOP(T) \
    for (long i = 0; i < count; i++) \
      result[i] = jq_normal_##S(jq_draw(key, stream, start + (uint64_t)i)); \
    for (long i = 0; i < count; i++) \
      for (uint64_t attempt = 1; __builtin_elementwise_abs(result[i]) > 2; attempt++) \
        result[i] = jq_normal_##S(jq_draw(key, stream ^ attempt << 48, start + (uint64_t)i)); \
  }

JQ_DEFINE_TRUNCATED(f32, float)
JQ_DEFINE_TRUNCATED(f64, double)
