// What the processor can do, for kernels whose shape depends on it.
#include "KernelSupport.h"

int jq_is_optimized(void) {
#ifdef __OPTIMIZE__
  return 1;
#else
  return 0;
#endif
}

int jq_cpu_level(void) {
#if defined(__x86_64__)
  static int level = 0;
  int known = __atomic_load_n(&level, __ATOMIC_RELAXED);
  if (known) return known;
  known = __builtin_cpu_supports("x86-64-v4") ? 4 : __builtin_cpu_supports("x86-64-v3") ? 3 : 1;
  __atomic_store_n(&level, known, __ATOMIC_RELAXED);
  return known;
#else
  return 1;
#endif
}
