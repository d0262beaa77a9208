// What the NEON kernels share: the tile of outputs; the file that includes this says how a quad is multiplied.
#include <arm_neon.h>
#include <string.h>

#include "kernels.h"

#include "cells.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { CELL = 16, VECTORS = 4, TILE = 4 };

// Window bytes are lowered to values with a sign again, so nothing has to be made up for.
static const void *prepare(const int8_t *woven, int32_t cells, int32_t quads, void *scratch, int32_t *start) {
  (void)scratch, (void)cells, (void)quads;
  for (int o = 0; o < DPUS_LANES; o++) start[o] = 0;
  return woven;
}

INLINE int8x16_t broadcast(const uint8_t *x) {
  uint32_t quad;
  memcpy(&quad, x, sizeof quad);
  return vreinterpretq_s8_u32(vdupq_n_u32(quad ^ 0x80808080u));
}

INLINE void conv_outputs(const dpus_conv_row *row, int32_t first, const int count) {
  int32x4_t sums[TILE][VECTORS];
  UNROLL for (int p = 0; p < count; p++) {
    UNROLL for (int v = 0; v < VECTORS; v++) sums[p][v] = vdupq_n_s32(0);
  }
  const int8_t *weights = row->weights;
  for (int32_t y = 0; y < row->rows; y++) {
    const uint8_t *x = row->window + y * row->row_stride + first * row->step;
    for (int32_t i = 0; i < row->run; i++, weights += 256, x += CELL) {
      for (int q = 0; q < row->quads; q++) {
        int8x16_t w[VECTORS];
        UNROLL for (int v = 0; v < VECTORS; v++) w[v] = vld1q_s8(weights + 64 * q + 16 * v);
        UNROLL for (int p = 0; p < count; p++) {
          int8x16_t values = broadcast(x + p * row->step + 4 * q);
          UNROLL for (int v = 0; v < VECTORS; v++) sums[p][v] = add_quads(sums[p][v], values, w[v]);
        }
      }
    }
  }
  UNROLL for (int p = 0; p < count; p++) {
    UNROLL for (int v = 0; v < VECTORS; v++) vst1q_s32(row->sums + (first + p) * DPUS_LANES + 4 * v, sums[p][v]);
  }
}

static void conv_row(const dpus_conv_row *row) {
  int32_t done = 0;
  for (; done + TILE <= row->outputs; done += TILE) conv_outputs(row, done, TILE);
  for (; done < row->outputs; done++) conv_outputs(row, done, 1);
}
