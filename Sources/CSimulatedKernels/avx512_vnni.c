// Kernels for AVX-512 VNNI: a vector is 16 output channels x 4 channels of the input, which are broadcast.
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))), apply_to = function)

#include "cells.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { CELL = 16, TILE = 8 };

// Weights stay as they are; only what the 128 too much in each window byte adds is worked out.
static const void *prepare(const int8_t *woven, int32_t cells, int32_t quads, void *scratch, int32_t *start) {
  (void)scratch;
  const __m512i lift = _mm512_set1_epi8((char)0x80);
  __m512i sum = _mm512_setzero_si512(), other = _mm512_setzero_si512();
  for (int32_t i = 0; i < cells; i++, woven += 256) {
    sum = _mm512_dpbusd_epi32(sum, lift, _mm512_loadu_si512(woven));
    if (quads > 1) other = _mm512_dpbusd_epi32(other, lift, _mm512_loadu_si512(woven + 64));
    if (quads > 2) sum = _mm512_dpbusd_epi32(sum, lift, _mm512_loadu_si512(woven + 128));
    if (quads > 3) other = _mm512_dpbusd_epi32(other, lift, _mm512_loadu_si512(woven + 192));
  }
  _mm512_storeu_si512(start, _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_add_epi32(sum, other)));
  return woven - 256 * (ptrdiff_t)cells;
}

INLINE __m512i broadcast(const uint8_t *x) {
  int32_t quad;
  memcpy(&quad, x, sizeof quad);
  return _mm512_set1_epi32(quad);
}

// `count` outputs from `first` on; count and quads are constants where this is called.
INLINE void conv_outputs(const dpus_conv_row *row, int32_t first, const int count, const int quads) {
  __m512i sums[TILE];
  const __m512i start = _mm512_loadu_si512(row->start);
  UNROLL for (int p = 0; p < count; p++) sums[p] = start;
  const int8_t *weights = row->weights;
  const ptrdiff_t step = row->step;
  for (int32_t y = 0; y < row->rows; y++) {
    const uint8_t *x = row->window + y * row->row_stride + first * step;
    for (int32_t i = 0; i < row->run; i++, weights += 256, x += CELL) {
      UNROLL for (int q = 0; q < quads; q++) {
        const __m512i w = _mm512_loadu_si512(weights + 64 * q);
        UNROLL for (int p = 0; p < count; p++) {
          sums[p] = _mm512_dpbusd_epi32(sums[p], broadcast(x + p * step + 4 * q), w);
        }
      }
    }
  }
  UNROLL for (int p = 0; p < count; p++) _mm512_storeu_si512(row->sums + (first + p) * DPUS_LANES, sums[p]);
}

INLINE void conv_row_quads(const dpus_conv_row *row, const int quads) {
  int32_t done = 0;
  for (; done + TILE <= row->outputs; done += TILE) conv_outputs(row, done, TILE, quads);
  if (done == row->outputs) return;
  if (done > 0) {  // The last outputs once more, rather than fewer at a time.
    conv_outputs(row, row->outputs - TILE, TILE, quads);
    return;
  }
  switch (row->outputs) {
    case 7: conv_outputs(row, 0, 7, quads); return;
    case 6: conv_outputs(row, 0, 6, quads); return;
    case 5: conv_outputs(row, 0, 5, quads); return;
    case 4: conv_outputs(row, 0, 4, quads); return;
    case 3: conv_outputs(row, 0, 3, quads); return;
    case 2: conv_outputs(row, 0, 2, quads); return;
    default: conv_outputs(row, 0, 1, quads); return;
  }
}

static void conv_row(const dpus_conv_row *row) {
  switch (row->quads) {
    case 4: conv_row_quads(row, 4); return;
    case 3: conv_row_quads(row, 3); return;
    case 2: conv_row_quads(row, 2); return;
    default: conv_row_quads(row, 1); return;
  }
}

#pragma clang attribute pop

const dpus_kernels dpus_avx512_vnni = {
    .prepared_cell_size = 0, .prepare = prepare, .conv_row = conv_row, DPUS_CELL_FUNCTIONS};

#endif
