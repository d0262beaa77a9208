// Convolution kernels for AVX-512 VNNI: a vector is 16 pixels x 4 channels, activations are the unsigned operand.
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), \
                             apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 16, GROUP = 4 };

// MARK: - Finishing a tile

// Four channels of 16 pixels, saturated to bytes: lane i is pixel i.
INLINE __m512i pack_channels(__m512i c0, __m512i c1, __m512i c2, __m512i c3, const dpuk_tile *t) {
  const __m512i transpose = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m512i bytes = _mm512_packs_epi16(_mm512_packs_epi32(c0, c1), _mm512_packs_epi32(c2, c3));
  bytes = _mm512_max_epi8(bytes, _mm512_set1_epi8(t->low));
  bytes = _mm512_min_epi8(bytes, _mm512_set1_epi8(t->high));
  return _mm512_shuffle_epi8(bytes, transpose);
}

// Stores four pixels of 8 channels.
INLINE void store_quarter(__m128i first, __m128i second, int8_t *out, ptrdiff_t stride) {
  _mm_storel_epi64((__m128i *)out, first);
  _mm_storeh_pd((double *)(void *)(out + stride), _mm_castsi128_pd(first));
  _mm_storel_epi64((__m128i *)(out + 2 * stride), second);
  _mm_storeh_pd((double *)(void *)(out + 3 * stride), _mm_castsi128_pd(second));
}

// Stores the first `channels` of 8 packed channels of one pixel vector.
INLINE void store_pixels(__m512i low, __m512i high, int channels, int8_t *out, int32_t pixels, ptrdiff_t stride) {
  if (channels == 4 && stride == 4) {
    _mm512_mask_storeu_epi32(out, (__mmask16)((1u << pixels) - 1), low);
    return;
  }
  if (channels <= 4) {
    int32_t cells[LANES];
    _mm512_storeu_si512(cells, low);
    for (int32_t i = 0; i < pixels; i++) memcpy(out + i * stride, &cells[i], (size_t)channels);
    return;
  }
  // Within each 128-bit lane: pixels 0, 1 and pixels 2, 3 of its four.
  __m512i first = _mm512_unpacklo_epi32(low, high), second = _mm512_unpackhi_epi32(low, high);
  if (channels == 8 && stride == 8) {
    __m512i front = _mm512_permutex2var_epi64(first, _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), second);
    __m512i back = _mm512_permutex2var_epi64(first, _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), second);
    uint32_t mask = (1u << pixels) - 1;
    _mm512_mask_storeu_epi64(out, (__mmask8)mask, front);
    _mm512_mask_storeu_epi64(out + 64, (__mmask8)(mask >> 8), back);
  } else if (channels == 8 && pixels == LANES) {
    store_quarter(_mm512_castsi512_si128(first), _mm512_castsi512_si128(second), out, stride);
    store_quarter(_mm512_extracti32x4_epi32(first, 1), _mm512_extracti32x4_epi32(second, 1), out + 4 * stride, stride);
    store_quarter(_mm512_extracti32x4_epi32(first, 2), _mm512_extracti32x4_epi32(second, 2), out + 8 * stride, stride);
    store_quarter(_mm512_extracti32x4_epi32(first, 3), _mm512_extracti32x4_epi32(second, 3), out + 12 * stride, stride);
  } else {
    int64_t cells[2][8];
    _mm512_storeu_si512(cells[0], first);
    _mm512_storeu_si512(cells[1], second);
    for (int32_t i = 0; i < pixels; i++) {
      memcpy(out + i * stride, &cells[i >> 1 & 1][i >> 2 << 1 | (i & 1)], (size_t)channels);
    }
  }
}

// MARK: - Tiles

INLINE void run_tile(const dpuk_tile *t, const int block, const int vectors) {
  __m512i sums[DPUK_MAX_BLOCK][DPUK_MAX_VECTORS];
  const uint8_t *band[DPUK_MAX_VECTORS];
  UNROLL for (int v = 0; v < vectors; v++) band[v] = t->band[v];
  UNROLL for (int b = 0; b < block; b++) {
    UNROLL for (int v = 0; v < vectors; v++) sums[b][v] = _mm512_set1_epi32(t->start[b]);
  }
  const int32_t *weights = t->weights;
  const int32_t *offsets = t->offsets;
  for (size_t g = t->groups; g > 0; g--, weights += block) {
    ptrdiff_t offset = *offsets++;
    __m512i in[DPUK_MAX_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) in[v] = _mm512_loadu_si512(band[v] + offset);
    UNROLL for (int b = 0; b < block; b++) {
      __m512i weight = _mm512_set1_epi32(weights[b]);
      UNROLL for (int v = 0; v < vectors; v++) sums[b][v] = _mm512_dpbusd_epi32(sums[b][v], in[v], weight);
    }
  }
  if (t->sums[0]) {
    UNROLL for (int v = 0; v < vectors; v++) {
      UNROLL for (int b = 0; b < block; b++) {
        int32_t lanes[LANES];
        _mm512_storeu_si512(lanes, sums[b][v]);
        for (int32_t i = 0; i < t->pixels[v]; i++) t->sums[v][i * t->out_pixel_stride + b] = lanes[i];
      }
    }
    return;
  }
  __m128i shift = _mm_cvtsi32_si128(t->shift);
  UNROLL for (int v = 0; v < vectors; v++) {
    __m512i c[DPUK_MAX_BLOCK];
    UNROLL for (int b = 0; b < DPUK_MAX_BLOCK; b++) {
      c[b] = b < block ? _mm512_sra_epi32(sums[b][v], shift) : _mm512_setzero_si512();
    }
    __m512i low = pack_channels(c[0], c[1], c[2], c[3], t), high = low;
    if (block > 4) high = pack_channels(c[4], c[5], c[6], c[7], t);
    store_pixels(low, high, block, t->out[v], t->pixels[v], t->out_pixel_stride);
  }
}

#define TILE(B, V) \
  static void tile_##B##_##V(const dpuk_tile *t) { run_tile(t, B, V); }
#define TILES_3(B) TILE(B, 1) TILE(B, 2) TILE(B, 3)
#define TILES_4(B) TILES_3(B) TILE(B, 4)
#define TILES_6(B) TILES_4(B) TILE(B, 5) TILE(B, 6)
#define TILES_8(B) TILES_6(B) TILE(B, 7) TILE(B, 8)
TILES_8(1)
TILES_8(2)
TILES_6(3)
TILES_6(4)
TILES_4(6)
TILES_3(8)

// MARK: - The band

// Sixteen channels of 16 pixels into four planes.
INLINE void pack_16_by_16(const int8_t *in, ptrdiff_t stride, uint8_t *planes, ptrdiff_t plane_stride, __m512i flip) {
  __m512i row[4];
  UNROLL for (int i = 0; i < 4; i++) {
    // Pixels i, i + 4, i + 8, i + 12, one in each 128-bit lane.
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(in + i * stride)));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(in + (i + 4) * stride)), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(in + (i + 8) * stride)), 2);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(in + (i + 12) * stride)), 3);
    row[i] = _mm512_xor_si512(v, flip);
  }
  __m512i a = _mm512_unpacklo_epi32(row[0], row[1]), b = _mm512_unpackhi_epi32(row[0], row[1]);
  __m512i c = _mm512_unpacklo_epi32(row[2], row[3]), d = _mm512_unpackhi_epi32(row[2], row[3]);
  _mm512_storeu_si512(planes, _mm512_unpacklo_epi64(a, c));
  _mm512_storeu_si512(planes + plane_stride, _mm512_unpackhi_epi64(a, c));
  _mm512_storeu_si512(planes + 2 * plane_stride, _mm512_unpacklo_epi64(b, d));
  _mm512_storeu_si512(planes + 3 * plane_stride, _mm512_unpackhi_epi64(b, d));
}

// Eight channels of 4 pixels into two planes.
INLINE void pack_8_by_4(const int8_t *in, ptrdiff_t stride, uint8_t *planes, ptrdiff_t plane_stride, __m128i flip) {
  __m128i a = _mm_loadl_epi64((const __m128i *)in), b = _mm_loadl_epi64((const __m128i *)(in + stride));
  __m128i c = _mm_loadl_epi64((const __m128i *)(in + 2 * stride));
  __m128i d = _mm_loadl_epi64((const __m128i *)(in + 3 * stride));
  a = _mm_xor_si128(_mm_unpacklo_epi32(a, b), flip);
  c = _mm_xor_si128(_mm_unpacklo_epi32(c, d), flip);
  _mm_storeu_si128((__m128i *)planes, _mm_unpacklo_epi64(a, c));
  _mm_storeu_si128((__m128i *)(planes + plane_stride), _mm_unpackhi_epi64(a, c));
}

// Eight channels of 16 pixels that lie without gaps.
INLINE void pack_8_dense(const int8_t *in, uint8_t *planes, ptrdiff_t plane_stride, __m512i flip) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  __m512i a = _mm512_xor_si512(_mm512_loadu_si512(in), flip);
  __m512i b = _mm512_xor_si512(_mm512_loadu_si512(in + 64), flip);
  _mm512_storeu_si512(planes, _mm512_permutex2var_epi32(a, even, b));
  _mm512_storeu_si512(planes + plane_stride,
                      _mm512_permutex2var_epi32(a, _mm512_or_si512(even, _mm512_set1_epi32(1)), b));
}

// The cell at `in`, of at most 4 channels; what it lacks is any value, since its weights are zero.
INLINE int32_t load_cell(const int8_t *in, const int channels) {
  int32_t cell = 0;
  memcpy(&cell, in, (size_t)(channels < GROUP ? channels : GROUP));
  return cell;
}

// The last plane of at most 4 channels, or the only one.
INLINE void pack_cells(const int8_t *in, ptrdiff_t stride, const int channels, int32_t pixels, uint8_t *plane) {
  int32_t i = 0;
  // Pixels 4 bytes apart or less: 16 bytes hold 4 of them. The last such load must end within the last pixel.
  if (stride <= GROUP) {
    __m128i spread = _mm_setr_epi8(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
    __m128i step = _mm_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    for (ptrdiff_t s = 0; s < stride; s++) spread = _mm_add_epi8(spread, step);
    for (; (ptrdiff_t)i * stride + 16 <= (ptrdiff_t)(pixels - 1) * stride + channels; i += 4) {
      __m128i v = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(in + i * stride)), spread);
      _mm_storeu_si128((__m128i *)(plane + GROUP * i), _mm_xor_si128(v, _mm_set1_epi8((char)0x80)));
    }
  }
  for (; i < pixels; i++) {
    int32_t cell = load_cell(in + i * stride, channels) ^ (int32_t)0x80808080;
    memcpy(plane + GROUP * i, &cell, GROUP);
  }
}

static void pack(const int8_t *in, ptrdiff_t stride, int32_t channels, int32_t pixels, uint8_t *planes,
                 ptrdiff_t plane_stride) {
  const __m512i flip = _mm512_set1_epi8((char)0x80);
  const __m128i short_flip = _mm512_castsi512_si128(flip);
  int32_t c = 0;
  for (; c + 16 <= channels; c += 16, planes += 4 * plane_stride) {
    int32_t i = 0;
    for (; i + 16 <= pixels; i += 16) {
      pack_16_by_16(in + c + i * stride, stride, planes + GROUP * i, plane_stride, flip);
    }
    for (; i < pixels; i++) {
      int32_t cells[4];
      _mm_storeu_si128((__m128i *)cells,
                       _mm_xor_si128(_mm_loadu_si128((const __m128i *)(in + c + i * stride)), short_flip));
      for (int plane = 0; plane < 4; plane++) memcpy(planes + plane * plane_stride + GROUP * i, &cells[plane], GROUP);
    }
  }
  if (c + 8 <= channels) {
    int32_t i = 0;
    for (; stride == 8 && i + 16 <= pixels; i += 16) {
      pack_8_dense(in + c + i * stride, planes + GROUP * i, plane_stride, flip);
    }
    for (; i + 4 <= pixels; i += 4) {
      pack_8_by_4(in + c + i * stride, stride, planes + GROUP * i, plane_stride, short_flip);
    }
    for (int plane = 0; plane < 2; plane++, c += GROUP, planes += plane_stride) {
      pack_cells(in + c + i * stride, stride, GROUP, pixels - i, planes + GROUP * i);
    }
  }
  if (c + GROUP <= channels) {
    pack_cells(in + c, stride, GROUP, pixels, planes);
    c += GROUP;
    planes += plane_stride;
  }
  switch (channels - c) {
    case 3: pack_cells(in + c, stride, 3, pixels, planes); break;
    case 2: pack_cells(in + c, stride, 2, pixels, planes); break;
    case 1: pack_cells(in + c, stride, 1, pixels, planes); break;
    default: break;
  }
}

const dpuk_kernels dpuk_avx512_vnni = {
    .lanes = LANES,
    .group = GROUP,
    .width = 1,
    .flip = 0x80,
    .groups_multiple = 1,
    .max_vectors = {[1] = 8, [2] = 8, [3] = 6, [4] = 6, [6] = 4, [8] = 3},
    // One cycle for each product or load, whichever are more, and some for the rest.
    .block_cost = {[1] = 17, [2] = 25, [3] = 33, [4] = 42, [6] = 61, [8] = 80},
    .tiles =
        {
            [1] = {NULL, tile_1_1, tile_1_2, tile_1_3, tile_1_4, tile_1_5, tile_1_6, tile_1_7, tile_1_8},
            [2] = {NULL, tile_2_1, tile_2_2, tile_2_3, tile_2_4, tile_2_5, tile_2_6, tile_2_7, tile_2_8},
            [3] = {NULL, tile_3_1, tile_3_2, tile_3_3, tile_3_4, tile_3_5, tile_3_6},
            [4] = {NULL, tile_4_1, tile_4_2, tile_4_3, tile_4_4, tile_4_5, tile_4_6},
            [6] = {NULL, tile_6_1, tile_6_2, tile_6_3, tile_6_4},
            [8] = {NULL, tile_8_1, tile_8_2, tile_8_3},
        },
    .pack = pack,
    .depthwise_row = dpuk_depthwise_row_avx512,
    .elements = &dpuk_elements_avx512,
};

#pragma clang attribute pop

#endif
