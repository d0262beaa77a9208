// Kernels for NEON with dot products: a vector is 4 output channels x 4 channels of the input, which are broadcast.
#if defined(__aarch64__)

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#include <arm_neon.h>

static inline __attribute__((always_inline)) int32x4_t add_quads(int32x4_t sum, int8x16_t values, int8x16_t weights) {
  return vdotq_s32(sum, values, weights);
}

#include "neon.h"

#pragma clang attribute pop

const dpus_kernels dpus_neon_dotprod = {
    .prepared_cell_size = 0, .prepare = prepare, .conv_row = conv_row, DPUS_CELL_FUNCTIONS};

#endif
