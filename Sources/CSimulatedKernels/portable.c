// Kernels in plain C, for any processor.
#include "kernels.h"

#include "cells.h"

enum { CHANNELS = 16 };

// [channel][output channel], in 16 bits so that loops need not widen them again and again.
typedef struct {
  int16_t weights[CHANNELS][DPUS_LANES];
} cell;

static const void *prepare(const int8_t *woven, int32_t cells, int32_t quads, void *scratch, int32_t *start) {
  cell *out = scratch;
  for (int o = 0; o < DPUS_LANES; o++) start[o] = 0;
  for (int32_t i = 0; i < cells; i++) {
    const int8_t *in = woven + (ptrdiff_t)i * CHANNELS * DPUS_LANES;
    for (int c = 0; c < 4 * quads; c++) {
      for (int o = 0; o < DPUS_LANES; o++) {
        int16_t weight = in[c / 4 * 64 + o * 4 + c % 4];
        out[i].weights[c][o] = weight;
        start[o] -= 128 * weight;
      }
    }
  }
  return scratch;
}

// Outputs `first` to `first + count` of a row; count is a constant where this is called.
static inline __attribute__((always_inline)) void conv_outputs(const dpus_conv_row *row, int32_t first, int count) {
  int32_t sums[4][DPUS_LANES];
  for (int p = 0; p < count; p++) {
    for (int o = 0; o < DPUS_LANES; o++) sums[p][o] = row->start[o];
  }
  const cell *weights = row->weights;
  const int channels = 4 * row->quads;
  for (int32_t y = 0; y < row->rows; y++) {
    const uint8_t *x = row->window + y * row->row_stride + first * row->step;
    for (int32_t i = 0; i < row->run; i++, weights++, x += CHANNELS) {
      for (int c = 0; c < channels; c++) {
        const int16_t *w = weights->weights[c];
        for (int p = 0; p < count; p++) {
          int16_t value = x[p * row->step + c];
          for (int o = 0; o < DPUS_LANES; o++) sums[p][o] += value * w[o];
        }
      }
    }
  }
  for (int p = 0; p < count; p++) {
    for (int o = 0; o < DPUS_LANES; o++) row->sums[(first + p) * DPUS_LANES + o] = sums[p][o];
  }
}

static void conv_row(const dpus_conv_row *row) {
  int32_t done = 0;
  for (; done + 2 <= row->outputs; done += 2) conv_outputs(row, done, 2);
  for (; done < row->outputs; done++) conv_outputs(row, done, 1);
}

const dpus_kernels dpus_portable = {
    .prepared_cell_size = sizeof(cell), .prepare = prepare, .conv_row = conv_row, DPUS_CELL_FUNCTIONS};
