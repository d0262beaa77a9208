// The choice of an instruction set at run time.
#include "kernels.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1 << 20)
#endif
#endif

bool dpuk_isa_available(dpuk_isa isa) {
#if defined(__x86_64__)
  // The builtins ask CPUID and, for the wide registers, whether the operating system saves them.
  __builtin_cpu_init();
  switch (isa) {
    case DPUK_ISA_AVX2:
      return __builtin_cpu_supports("avx2");
    case DPUK_ISA_AVX512_VNNI:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
             && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
             && __builtin_cpu_supports("avx512vnni");
    default:
      return false;
  }
#elif defined(__aarch64__)
  switch (isa) {
    case DPUK_ISA_NEON:
      return true;
#if defined(__linux__)
    case DPUK_ISA_NEON_DOTPROD:
      return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#endif
    default:
      return false;
  }
#else
  (void)isa;
  return false;
#endif
}

dpuk_isa dpuk_best_isa(void) {
  static const dpuk_isa best_first[] = {DPUK_ISA_AVX512_VNNI, DPUK_ISA_AVX2, DPUK_ISA_NEON_DOTPROD, DPUK_ISA_NEON};
  for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++) {
    if (dpuk_isa_available(best_first[i])) return best_first[i];
  }
  return DPUK_ISA_NONE;
}

const char *dpuk_isa_name(dpuk_isa isa) {
  switch (isa) {
    case DPUK_ISA_NONE: return "portable";
    case DPUK_ISA_AVX2: return "AVX2";
    case DPUK_ISA_AVX512_VNNI: return "AVX-512 VNNI";
    case DPUK_ISA_NEON: return "NEON";
    case DPUK_ISA_NEON_DOTPROD: return "NEON dotprod";
  }
  return "unknown";
}

const dpuk_kernels *dpuk_kernels_for(dpuk_isa isa) {
  if (!dpuk_isa_available(isa)) return NULL;
  switch (isa) {
#if defined(__x86_64__)
    case DPUK_ISA_AVX2: return &dpuk_avx2;
    case DPUK_ISA_AVX512_VNNI: return &dpuk_avx512_vnni;
#elif defined(__aarch64__)
    case DPUK_ISA_NEON: return &dpuk_neon;
    case DPUK_ISA_NEON_DOTPROD: return &dpuk_neon_dotprod;
#endif
    default: return NULL;
  }
}

const dpuk_elements *dpuk_elements_for(dpuk_isa isa) {
  const dpuk_kernels *kernels = dpuk_kernels_for(isa);
  return kernels ? kernels->elements : &dpuk_elements_portable;
}
