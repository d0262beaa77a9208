// Convolution kernels for NEON with dot products: a vector is 4 pixels x 4 channels.
#if defined(__aarch64__)

#include "convolution_neon.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

enum { LANES = 4, GROUP = 4 };

// MARK: - Tiles

// Adds the products with cell `lane` of four weight cells; the intrinsic wants a constant.
INLINE int32x4_t dot(int32x4_t sum, int8x16_t in, int8x16_t weights, const int lane) {
  switch (lane) {
    case 0: return vdotq_laneq_s32(sum, in, weights, 0);
    case 1: return vdotq_laneq_s32(sum, in, weights, 1);
    case 2: return vdotq_laneq_s32(sum, in, weights, 2);
    default: return vdotq_laneq_s32(sum, in, weights, 3);
  }
}

INLINE void run_tile(const dpuk_tile *t, const int block, const int vectors) {
  int32x4_t sums[8][8];
  const uint8_t *band[8];
  UNROLL for (int v = 0; v < vectors; v++) band[v] = t->band[v];
  UNROLL for (int b = 0; b < block; b++) {
    UNROLL for (int v = 0; v < vectors; v++) sums[b][v] = vdupq_n_s32(t->start[b]);
  }
  const int32_t *weights = t->weights;
  const int32_t *offsets = t->offsets;
  for (size_t g = t->groups; g > 0; g--, weights += block) {
    ptrdiff_t offset = *offsets++;
    int8x16_t in[8], cells[8];
    UNROLL for (int v = 0; v < vectors; v++) in[v] = vreinterpretq_s8_u8(vld1q_u8(band[v] + offset));
    // Four cells in a register where the block has them, else each spread over one.
    UNROLL for (int b = 0; b < block; b += block < 4 ? 1 : 4) {
      cells[b] = vreinterpretq_s8_s32(block < 4 ? vld1q_dup_s32(weights + b) : vld1q_s32(weights + b));
    }
    UNROLL for (int b = 0; b < block; b++) {
      UNROLL for (int v = 0; v < vectors; v++) {
        sums[b][v] = block < 4 ? dot(sums[b][v], in[v], cells[b], 0) : dot(sums[b][v], in[v], cells[b & ~3], b & 3);
      }
    }
  }
  UNROLL for (int v = 0; v < vectors; v++) {
    int32x4_t c[8];
    UNROLL for (int b = 0; b < block; b++) c[b] = sums[b][v];
    finish_pixels(t, c, block, v, 0);
  }
}

#define TILE(B, V) \
  static void tile_##B##_##V(const dpuk_tile *t) { run_tile(t, B, V); }
#define TILES_3(B) TILE(B, 1) TILE(B, 2) TILE(B, 3)
#define TILES_6(B) TILES_3(B) TILE(B, 4) TILE(B, 5) TILE(B, 6)
#define TILES_8(B) TILES_6(B) TILE(B, 7) TILE(B, 8)
TILES_8(1)
TILES_8(2)
TILES_6(3)
TILES_6(4)
TILES_3(8)

// MARK: - The band

// Sixteen channels of 4 pixels into four planes.
INLINE void pack_16_by_4(const int8_t *in, ptrdiff_t stride, uint8_t *planes, ptrdiff_t plane_stride) {
  int32x4_t p[4];
  UNROLL for (int i = 0; i < 4; i++) p[i] = vreinterpretq_s32_s8(vld1q_s8(in + i * stride));
  int64x2_t a = vreinterpretq_s64_s32(vtrn1q_s32(p[0], p[1])), b = vreinterpretq_s64_s32(vtrn2q_s32(p[0], p[1]));
  int64x2_t c = vreinterpretq_s64_s32(vtrn1q_s32(p[2], p[3])), d = vreinterpretq_s64_s32(vtrn2q_s32(p[2], p[3]));
  vst1q_u8(planes, vreinterpretq_u8_s64(vtrn1q_s64(a, c)));
  vst1q_u8(planes + plane_stride, vreinterpretq_u8_s64(vtrn1q_s64(b, d)));
  vst1q_u8(planes + 2 * plane_stride, vreinterpretq_u8_s64(vtrn2q_s64(a, c)));
  vst1q_u8(planes + 3 * plane_stride, vreinterpretq_u8_s64(vtrn2q_s64(b, d)));
}

static void pack(const int8_t *in, ptrdiff_t stride, int32_t channels, int32_t pixels, uint8_t *planes,
                 ptrdiff_t plane_stride) {
  int32_t c = 0;
  for (; c + 16 <= channels; c += 16, planes += 4 * plane_stride) {
    int32_t i = 0;
    for (; i + 4 <= pixels; i += 4) pack_16_by_4(in + c + i * stride, stride, planes + GROUP * i, plane_stride);
    for (; i < pixels; i++) {
      for (int plane = 0; plane < 4; plane++) {
        memcpy(planes + plane * plane_stride + GROUP * i, in + c + i * stride + GROUP * plane, GROUP);
      }
    }
  }
  for (; c + GROUP <= channels; c += GROUP, planes += plane_stride) {
    for (int32_t i = 0; i < pixels; i++) memcpy(planes + GROUP * i, in + c + i * stride, GROUP);
  }
  for (int32_t i = 0; c < channels && i < pixels; i++) {
    int8_t cell[GROUP] = {0};
    memcpy(cell, in + c + i * stride, (size_t)(channels - c));
    memcpy(planes + GROUP * i, cell, GROUP);
  }
}

const dpuk_kernels dpuk_neon_dotprod = {
    .lanes = LANES,
    .group = GROUP,
    .width = 1,
    .flip = 0,
    .groups_multiple = 1,
    .max_vectors = {[1] = 8, [2] = 8, [3] = 6, [4] = 6, [8] = 3},
    .block_cost = {[1] = 17, [2] = 25, [3] = 33, [4] = 41, [8] = 80},
    .tiles =
        {
            [1] = {NULL, tile_1_1, tile_1_2, tile_1_3, tile_1_4, tile_1_5, tile_1_6, tile_1_7, tile_1_8},
            [2] = {NULL, tile_2_1, tile_2_2, tile_2_3, tile_2_4, tile_2_5, tile_2_6, tile_2_7, tile_2_8},
            [3] = {NULL, tile_3_1, tile_3_2, tile_3_3, tile_3_4, tile_3_5, tile_3_6},
            [4] = {NULL, tile_4_1, tile_4_2, tile_4_3, tile_4_4, tile_4_5, tile_4_6},
            [8] = {NULL, tile_8_1, tile_8_2, tile_8_3},
        },
    .pack = pack,
    .depthwise_row = dpuk_depthwise_row_neon,
    .elements = &dpuk_elements_portable,
};

#pragma clang attribute pop

#endif
