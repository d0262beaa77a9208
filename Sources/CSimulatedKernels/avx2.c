// Kernels for AVX2: a vector is 4 output channels x 4 channels of the input in 16 bits, which are broadcast.
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels.h"

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "cells.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { CELL = 16, VECTORS = 4 };

// [quad][vector][output channel 4][channel 4] in 16 bits; quads that are not used have no place.
static const void *prepare(const int8_t *woven, int32_t cells, int32_t quads, void *scratch, int32_t *start) {
  __m256i *out = scratch, sums[VECTORS];
  const __m256i lift = _mm256_set1_epi16(128);
  UNROLL for (int v = 0; v < VECTORS; v++) sums[v] = _mm256_setzero_si256();
  for (int32_t i = 0; i < cells; i++, woven += 256) {
    for (int q = 0; q < quads; q++) {
      UNROLL for (int v = 0; v < VECTORS; v++) {
        const __m128i *bytes = (const __m128i *)(woven + 64 * q + 16 * v);
        __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes));
        _mm256_store_si256(out++, wide);
        sums[v] = _mm256_sub_epi32(sums[v], _mm256_madd_epi16(wide, lift));
      }
    }
  }
  // Each output channel's sum stands in two neighbours.
  UNROLL for (int v = 0; v < VECTORS; v++) {
    int32_t parts[8];
    _mm256_storeu_si256((__m256i *)parts, sums[v]);
    for (int o = 0; o < 4; o++) start[4 * v + o] = parts[2 * o] + parts[2 * o + 1];
  }
  return scratch;
}

// `count` outputs from `first` on; count is a constant where this is called.
INLINE void conv_outputs(const dpus_conv_row *row, int32_t first, const int count) {
  __m256i sums[2][VECTORS];
  UNROLL for (int p = 0; p < count; p++) {
    UNROLL for (int v = 0; v < VECTORS; v++) sums[p][v] = _mm256_setzero_si256();
  }
  const __m256i *weights = row->weights;
  const ptrdiff_t step = row->step;
  const int quads = row->quads;
  for (int32_t y = 0; y < row->rows; y++) {
    const uint8_t *x = row->window + y * row->row_stride + first * step;
    for (int32_t i = 0; i < row->run; i++, x += CELL) {
      for (int q = 0; q < quads; q++, weights += VECTORS) {
        UNROLL for (int p = 0; p < count; p++) {
          __m128i quad = _mm_cvtepu8_epi16(_mm_loadu_si32(x + p * step + 4 * q));
          __m256i values = _mm256_broadcastq_epi64(quad);
          UNROLL for (int v = 0; v < VECTORS; v++) {
            sums[p][v] = _mm256_add_epi32(sums[p][v], _mm256_madd_epi16(values, weights[v]));
          }
        }
      }
    }
  }
  UNROLL for (int p = 0; p < count; p++) {
    int32_t *out = row->sums + (first + p) * DPUS_LANES;
    UNROLL for (int half = 0; half < 2; half++) {
      // Neighbours are added; hadd leaves the four sums of each vector in separate halves.
      __m256i added = _mm256_hadd_epi32(sums[p][2 * half], sums[p][2 * half + 1]);
      __m256i ordered = _mm256_permute4x64_epi64(added, 0xD8);
      __m256i start = _mm256_loadu_si256((const __m256i *)(row->start + 8 * half));
      _mm256_storeu_si256((__m256i *)(out + 8 * half), _mm256_add_epi32(ordered, start));
    }
  }
}

static void conv_row(const dpus_conv_row *row) {
  int32_t done = 0;
  for (; done + 2 <= row->outputs; done += 2) conv_outputs(row, done, 2);
  if (done < row->outputs) conv_outputs(row, done, 1);
}

#pragma clang attribute pop

const dpus_kernels dpus_avx2 = {
    .prepared_cell_size = 512, .prepare = prepare, .conv_row = conv_row, DPUS_CELL_FUNCTIONS};

#endif
