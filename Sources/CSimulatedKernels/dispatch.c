// The choice of an instruction set at run time.
#include "kernels.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1 << 20)
#endif
#endif

const dpus_kernels *dpus_kernels_for(dpus_isa isa) {
  switch (isa) {
    case DPUS_ISA_PORTABLE:
      return &dpus_portable;
#if defined(__x86_64__)
    // The builtins ask CPUID and, for the wide registers, whether the operating system saves them.
    case DPUS_ISA_AVX2:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx2") ? &dpus_avx2 : NULL;
    case DPUS_ISA_AVX512_VNNI:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                     && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")
                 ? &dpus_avx512_vnni
                 : NULL;
#elif defined(__aarch64__)
    case DPUS_ISA_NEON:
      return &dpus_neon;
#if defined(__linux__)
    case DPUS_ISA_NEON_DOTPROD:
      return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 ? &dpus_neon_dotprod : NULL;
#endif
#endif
    default:
      return NULL;
  }
}

dpus_isa dpus_best_isa(void) {
  static const dpus_isa best_first[] = {DPUS_ISA_AVX512_VNNI, DPUS_ISA_AVX2, DPUS_ISA_NEON_DOTPROD, DPUS_ISA_NEON};
  for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++) {
    if (dpus_kernels_for(best_first[i])) return best_first[i];
  }
  return DPUS_ISA_PORTABLE;
}

const char *dpus_isa_name(dpus_isa isa) {
  switch (isa) {
    case DPUS_ISA_PORTABLE: return "portable";
    case DPUS_ISA_AVX2: return "AVX2";
    case DPUS_ISA_AVX512_VNNI: return "AVX-512 VNNI";
    case DPUS_ISA_NEON: return "NEON";
    case DPUS_ISA_NEON_DOTPROD: return "NEON dotprod";
  }
  return "unknown";
}
