// Kernels for NEON without dot products: products of bytes are added in pairs.
#if defined(__aarch64__)

#include <arm_neon.h>

static inline __attribute__((always_inline)) int32x4_t add_quads(int32x4_t sum, int8x16_t values, int8x16_t weights) {
  int16x8_t low = vmull_s8(vget_low_s8(values), vget_low_s8(weights));
  int16x8_t high = vmull_high_s8(values, weights);
  return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}

#include "neon.h"

const dpus_kernels dpus_neon = {.prepared_cell_size = 0, .prepare = prepare, .conv_row = conv_row, DPUS_CELL_FUNCTIONS};

#endif
