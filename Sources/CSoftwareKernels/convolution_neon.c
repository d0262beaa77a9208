// Convolution kernels for ARMv8.0 NEON: a vector is 8 pixels x 2 channels; products of two groups of channels are
// summed in 16 bits before they are widened.
#if defined(__aarch64__)

#include "convolution_neon.h"

enum { LANES = 8, GROUP = 2 };

// MARK: - Tiles

// Takes groups two at a time. Two products fit 16 bits unless both are (-128)*(-128): `careful` widens each alone.
INLINE void run_tile(const dpuk_tile *t, const int block, const int vectors, const bool careful) {
  // Sums of the first and the last four pixels of each vector.
  int32x4_t low[4][4], high[4][4];
  const uint8_t *band[4];
  UNROLL for (int v = 0; v < vectors; v++) band[v] = t->band[v];
  UNROLL for (int b = 0; b < block; b++) {
    UNROLL for (int v = 0; v < vectors; v++) low[b][v] = high[b][v] = vdupq_n_s32(t->start[b]);
  }
  const int16_t *weights = t->weights;
  const int32_t *offsets = t->offsets;
  for (size_t g = t->groups; g > 0; g -= 2, offsets += 2, weights += 2 * block) {
    int8x16_t first[4], second[4];
    UNROLL for (int v = 0; v < vectors; v++) {
      first[v] = vreinterpretq_s8_u8(vld1q_u8(band[v] + offsets[0]));
      second[v] = vreinterpretq_s8_u8(vld1q_u8(band[v] + offsets[1]));
    }
    UNROLL for (int b = 0; b < block; b++) {
      int8x16_t w0 = vreinterpretq_s8_s16(vld1q_dup_s16(weights + b));
      int8x16_t w1 = vreinterpretq_s8_s16(vld1q_dup_s16(weights + block + b));
      // Hides that both halves are equal: clang would take the inputs' upper halves out into registers it hasn't got.
      __asm__("" : "+w"(w0), "+w"(w1));
      UNROLL for (int v = 0; v < vectors; v++) {
        int16x8_t l = vmull_s8(vget_low_s8(first[v]), vget_low_s8(w0));
        int16x8_t h = vmull_high_s8(first[v], w0);
        if (careful) {
          low[b][v] = vpadalq_s16(low[b][v], l);
          high[b][v] = vpadalq_s16(high[b][v], h);
          l = vmull_s8(vget_low_s8(second[v]), vget_low_s8(w1));
          h = vmull_high_s8(second[v], w1);
        } else {
          l = vmlal_s8(l, vget_low_s8(second[v]), vget_low_s8(w1));
          h = vmlal_high_s8(h, second[v], w1);
        }
        low[b][v] = vpadalq_s16(low[b][v], l);
        high[b][v] = vpadalq_s16(high[b][v], h);
      }
    }
  }
  UNROLL for (int v = 0; v < vectors; v++) {
    int32x4_t front[4], back[4];
    UNROLL for (int b = 0; b < block; b++) front[b] = low[b][v], back[b] = high[b][v];
    finish_pixels(t, front, block, v, 0);
    finish_pixels(t, back, block, v, 4);
  }
}

#define TILE(B, V)                                                                       \
  static void tile_##B##_##V(const dpuk_tile *t) { run_tile(t, B, V, false); }           \
  static void careful_tile_##B##_##V(const dpuk_tile *t) { run_tile(t, B, V, true); }
#define TILES_2(B) TILE(B, 1) TILE(B, 2)
TILES_2(1)
TILE(1, 3)
TILE(1, 4)
TILES_2(2)
TILE(2, 3)
TILES_2(3)
TILES_2(4)

static bool needs_care(const void *packed, size_t groups, int32_t block) {
  const int8_t *weights = packed;
  size_t cells = (size_t)block * GROUP;
  for (size_t g = 0; g + 1 < groups; g += 2, weights += 2 * cells) {
    for (size_t i = 0; i < cells; i++) {
      if (weights[i] == -128 && weights[cells + i] == -128) return true;
    }
  }
  return false;
}

// MARK: - The band

// Sixteen channels of 8 pixels into eight planes.
INLINE void pack_16_by_8(const int8_t *in, ptrdiff_t stride, uint8_t *planes, ptrdiff_t plane_stride) {
  int16x8_t p[8], q[8];
  UNROLL for (int i = 0; i < 8; i++) p[i] = vreinterpretq_s16_s8(vld1q_s8(in + i * stride));
  UNROLL for (int i = 0; i < 8; i += 2) {
    q[i] = vtrn1q_s16(p[i], p[i + 1]);
    q[i + 1] = vtrn2q_s16(p[i], p[i + 1]);
  }
  UNROLL for (int i = 0; i < 8; i++) {
    // Pairs of pixels, two apart: i = 0, 1, 4, 5 are the first of each.
    int j = (i & 4) | (i & 1);
    int32x4_t a = vreinterpretq_s32_s16(q[j]), b = vreinterpretq_s32_s16(q[j + 2]);
    p[i] = vreinterpretq_s16_s32(i & 2 ? vtrn2q_s32(a, b) : vtrn1q_s32(a, b));
  }
  UNROLL for (int i = 0; i < 8; i++) {
    int64x2_t a = vreinterpretq_s64_s16(p[i & 3]), b = vreinterpretq_s64_s16(p[4 + (i & 3)]);
    int64x2_t plane = i & 4 ? vtrn2q_s64(a, b) : vtrn1q_s64(a, b);
    vst1q_u8(planes + i * plane_stride, vreinterpretq_u8_s64(plane));
  }
}

static void pack(const int8_t *in, ptrdiff_t stride, int32_t channels, int32_t pixels, uint8_t *planes,
                 ptrdiff_t plane_stride) {
  int32_t c = 0;
  for (; c + 16 <= channels; c += 16, planes += 8 * plane_stride) {
    int32_t i = 0;
    for (; i + 8 <= pixels; i += 8) pack_16_by_8(in + c + i * stride, stride, planes + GROUP * i, plane_stride);
    for (; i < pixels; i++) {
      for (int plane = 0; plane < 8; plane++) {
        memcpy(planes + plane * plane_stride + GROUP * i, in + c + i * stride + GROUP * plane, GROUP);
      }
    }
  }
  for (; c + GROUP <= channels; c += GROUP, planes += plane_stride) {
    for (int32_t i = 0; i < pixels; i++) memcpy(planes + GROUP * i, in + c + i * stride, GROUP);
  }
  for (int32_t i = 0; c < channels && i < pixels; i++) {
    planes[GROUP * i] = (uint8_t)in[c + i * stride];
    planes[GROUP * i + 1] = 0;
  }
}

const dpuk_kernels dpuk_neon = {
    .lanes = LANES,
    .group = GROUP,
    .width = 1,
    .flip = 0,
    .groups_multiple = 2,
    .max_vectors = {[1] = 4, [2] = 3, [3] = 2, [4] = 2},
    .block_cost = {[1] = 13, [2] = 22, [3] = 32, [4] = 40},
    .tiles =
        {
            [1] = {NULL, tile_1_1, tile_1_2, tile_1_3, tile_1_4},
            [2] = {NULL, tile_2_1, tile_2_2, tile_2_3},
            [3] = {NULL, tile_3_1, tile_3_2},
            [4] = {NULL, tile_4_1, tile_4_2},
        },
    .careful_tiles =
        {
            [1] = {NULL, careful_tile_1_1, careful_tile_1_2, careful_tile_1_3, careful_tile_1_4},
            [2] = {NULL, careful_tile_2_1, careful_tile_2_2, careful_tile_2_3},
            [3] = {NULL, careful_tile_3_1, careful_tile_3_2},
            [4] = {NULL, careful_tile_4_1, careful_tile_4_2},
        },
    .needs_care = needs_care,
    .pack = pack,
    .depthwise_row = dpuk_depthwise_row_neon,
    .elements = &dpuk_elements_portable,
};

#endif
