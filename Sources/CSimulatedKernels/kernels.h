// The kernels by instruction set, as the dispatcher finds them.
#ifndef DPUS_KERNELS_H
#define DPUS_KERNELS_H

#include "CSimulatedKernels.h"

extern const dpus_kernels dpus_portable;
#if defined(__x86_64__)
extern const dpus_kernels dpus_avx2, dpus_avx512_vnni;
#elif defined(__aarch64__)
extern const dpus_kernels dpus_neon, dpus_neon_dotprod;
#endif

#endif
