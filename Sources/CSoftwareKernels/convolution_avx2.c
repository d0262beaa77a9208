// Convolution kernels for AVX2: a vector is 8 pixels x 2 channels of 16 bits, so that no product can saturate.
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels.h"

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 8, GROUP = 2, CELL = 4 };

// MARK: - Tiles

// Stores up to four channels of 8 pixels.
INLINE void store_pixels(const __m256i *c, int channels, const dpuk_tile *t, int vector) {
  const __m128i of_lane = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m256i transpose = _mm256_broadcastsi128_si256(of_lane);
  __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(c[0], c[1]), _mm256_packs_epi32(c[2], c[3]));
  bytes = _mm256_max_epi8(bytes, _mm256_set1_epi8(t->low));
  bytes = _mm256_min_epi8(bytes, _mm256_set1_epi8(t->high));
  bytes = _mm256_shuffle_epi8(bytes, transpose);
  int8_t *out = t->out[vector];
  if (channels == 4 && t->out_pixel_stride == 4 && t->pixels[vector] == LANES) {
    _mm256_storeu_si256((__m256i *)out, bytes);
    return;
  }
  int32_t cells[LANES];
  _mm256_storeu_si256((__m256i *)cells, bytes);
  for (int32_t i = 0; i < t->pixels[vector]; i++) memcpy(out + i * t->out_pixel_stride, &cells[i], (size_t)channels);
}

INLINE __m256i load(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

INLINE void run_tile(const dpuk_tile *t, const int block, const int vectors) {
  const int kept = block * vectors > 10 ? 2 : vectors;
  __m256i sums[4][4];
  const uint8_t *band[4];
  UNROLL for (int v = 0; v < vectors; v++) band[v] = t->band[v];
  UNROLL for (int b = 0; b < block; b++) {
    UNROLL for (int v = 0; v < vectors; v++) sums[b][v] = _mm256_set1_epi32(t->start[b]);
  }
  const int32_t *weights = t->weights;
  const int32_t *offsets = t->offsets;
  for (size_t g = t->groups; g > 0; g--, weights += block) {
    ptrdiff_t offset = *offsets++;
    __m256i in[4];
    UNROLL for (int v = 0; v < kept; v++) in[v] = load(band[v] + offset);
    UNROLL for (int b = 0; b < block; b++) {
      __m256i weight = _mm256_set1_epi32(weights[b]);
      // Sixteen registers hold all sums, a weight, a product and two inputs: further ones are loaded each time.
      __asm__ volatile("" ::: "memory");
      UNROLL for (int v = 0; v < vectors; v++) {
        __m256i cells = v < kept ? in[v] : load(band[v] + offset);
        sums[b][v] = _mm256_add_epi32(sums[b][v], _mm256_madd_epi16(cells, weight));
      }
    }
  }
  if (t->sums[0]) {
    UNROLL for (int v = 0; v < vectors; v++) {
      UNROLL for (int b = 0; b < block; b++) {
        int32_t lanes[LANES];
        _mm256_storeu_si256((__m256i *)lanes, sums[b][v]);
        for (int32_t i = 0; i < t->pixels[v]; i++) t->sums[v][i * t->out_pixel_stride + b] = lanes[i];
      }
    }
    return;
  }
  __m128i shift = _mm_cvtsi32_si128(t->shift);
  UNROLL for (int v = 0; v < vectors; v++) {
    __m256i c[4];
    UNROLL for (int b = 0; b < 4; b++) {
      c[b] = b < block ? _mm256_sra_epi32(sums[b][v], shift) : _mm256_setzero_si256();
    }
    store_pixels(c, block, t, v);
  }
}

#define TILE(B, V) \
  static void tile_##B##_##V(const dpuk_tile *t) { run_tile(t, B, V); }
#define TILES_3(B) TILE(B, 1) TILE(B, 2) TILE(B, 3)
#define TILES_4(B) TILES_3(B) TILE(B, 4)
TILES_4(1)
TILES_4(2)
TILES_3(3)
TILES_3(4)

// MARK: - The band

// Eight channels of 8 pixels, widened, into four planes.
INLINE void pack_8_by_8(const int8_t *in, ptrdiff_t stride, uint8_t *planes, ptrdiff_t plane_stride) {
  __m256i row[4];
  UNROLL for (int i = 0; i < 4; i++) {
    // Pixels i and i + 4, one in each 128-bit lane.
    __m128i low = _mm_loadl_epi64((const __m128i *)(in + i * stride));
    __m128i high = _mm_loadl_epi64((const __m128i *)(in + (i + 4) * stride));
    row[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_cvtepi8_epi16(low)), _mm_cvtepi8_epi16(high), 1);
  }
  __m256i a = _mm256_unpacklo_epi32(row[0], row[1]), b = _mm256_unpackhi_epi32(row[0], row[1]);
  __m256i c = _mm256_unpacklo_epi32(row[2], row[3]), d = _mm256_unpackhi_epi32(row[2], row[3]);
  _mm256_storeu_si256((__m256i *)planes, _mm256_unpacklo_epi64(a, c));
  _mm256_storeu_si256((__m256i *)(planes + plane_stride), _mm256_unpackhi_epi64(a, c));
  _mm256_storeu_si256((__m256i *)(planes + 2 * plane_stride), _mm256_unpacklo_epi64(b, d));
  _mm256_storeu_si256((__m256i *)(planes + 3 * plane_stride), _mm256_unpackhi_epi64(b, d));
}

// Two channels of one pixel, widened; a missing second one is zero.
INLINE void pack_cell(const int8_t *in, int32_t channels, uint8_t *cell) {
  int16_t pair[2] = {in[0], channels > 1 ? in[1] : 0};
  memcpy(cell, pair, CELL);
}

static void pack(const int8_t *in, ptrdiff_t stride, int32_t channels, int32_t pixels, uint8_t *planes,
                 ptrdiff_t plane_stride) {
  int32_t c = 0;
  for (; c + 8 <= channels; c += 8, planes += 4 * plane_stride) {
    int32_t i = 0;
    for (; i + 8 <= pixels; i += 8) pack_8_by_8(in + c + i * stride, stride, planes + CELL * i, plane_stride);
    for (; i < pixels; i++) {
      for (int plane = 0; plane < 4; plane++) {
        pack_cell(in + c + i * stride + GROUP * plane, GROUP, planes + plane * plane_stride + CELL * i);
      }
    }
  }
  for (; c < channels; c += GROUP, planes += plane_stride) {
    for (int32_t i = 0; i < pixels; i++) pack_cell(in + c + i * stride, channels - c, planes + CELL * i);
  }
}

const dpuk_kernels dpuk_avx2 = {
    .lanes = LANES,
    .group = GROUP,
    .width = 2,
    .flip = 0,
    .groups_multiple = 1,
    .max_vectors = {[1] = 4, [2] = 4, [3] = 3, [4] = 3},
    .block_cost = {[1] = 14, [2] = 23, [3] = 32, [4] = 40},
    .tiles =
        {
            [1] = {NULL, tile_1_1, tile_1_2, tile_1_3, tile_1_4},
            [2] = {NULL, tile_2_1, tile_2_2, tile_2_3, tile_2_4},
            [3] = {NULL, tile_3_1, tile_3_2, tile_3_3},
            [4] = {NULL, tile_4_1, tile_4_2, tile_4_3},
        },
    .pack = pack,
    .depthwise_row = dpuk_depthwise_row_avx2,
    .elements = &dpuk_elements_avx2,
};

#pragma clang attribute pop

#endif
