// The functions on cells in plain C, to be compiled for each instruction set: its compiler makes vectors of the loops
// over 16 channels. A file that includes this has set the target of its functions before.
#include <string.h>

#include "rows.h"

static void multiply_taps(const int8_t *const *x, const int8_t *const *weights, int32_t taps, ptrdiff_t step,
                          int32_t outputs, int32_t *restrict sums) {
  for (int32_t i = 0; i < outputs; i++) {
    int32_t sum[DPUS_LANES] = {0};
    for (int32_t t = 0; t < taps; t++) {
      const int8_t *a = x[t] + i * step, *b = weights[t];
      // The product of two bytes fits in 16 bits.
      for (int c = 0; c < DPUS_LANES; c++) sum[c] += (int16_t)(a[c] * b[c]);
    }
    for (int c = 0; c < DPUS_LANES; c++) sums[i * DPUS_LANES + c] = sum[c];
  }
}

static void add_taps(const int8_t *const *x, int32_t taps, ptrdiff_t step, int32_t outputs, int32_t *restrict sums) {
  for (int32_t i = 0; i < outputs; i++) {
    int32_t sum[DPUS_LANES] = {0};
    for (int32_t t = 0; t < taps; t++) {
      const int8_t *a = x[t] + i * step;
      for (int c = 0; c < DPUS_LANES; c++) sum[c] += a[c];
    }
    for (int c = 0; c < DPUS_LANES; c++) sums[i * DPUS_LANES + c] = sum[c];
  }
}

static void max_taps(const int8_t *const *x, int32_t taps, ptrdiff_t step, int32_t outputs, int32_t least,
                     int32_t *restrict sums) {
  for (int32_t i = 0; i < outputs; i++) {
    int8_t max[DPUS_LANES];
    for (int c = 0; c < DPUS_LANES; c++) max[c] = (int8_t)least;
    for (int32_t t = 0; t < taps; t++) {
      const int8_t *a = x[t] + i * step;
      for (int c = 0; c < DPUS_LANES; c++) max[c] = a[c] > max[c] ? a[c] : max[c];
    }
    for (int c = 0; c < DPUS_LANES; c++) sums[i * DPUS_LANES + c] = max[c];
  }
}

static void set_scaled(const dpus_rows *from, int32_t pixels, int32_t each, int32_t shift, int32_t *restrict sums) {
  for (int32_t p = 0; p < pixels; p++) {
    for (int32_t i = 0; i < each; i++, sums += DPUS_LANES) {
      const int8_t *x = cell_at(from, p, i);
      for (int c = 0; c < DPUS_LANES; c++) sums[c] = (4 * x[c]) >> shift;
    }
  }
}

static void add_scaled(const dpus_rows *from, int32_t pixels, int32_t each, int32_t shift, int32_t *restrict sums) {
  for (int32_t p = 0; p < pixels; p++) {
    for (int32_t i = 0; i < each; i++, sums += DPUS_LANES) {
      const int8_t *x = cell_at(from, p, i);
      for (int c = 0; c < DPUS_LANES; c++) sums[c] += (4 * x[c]) >> shift;
    }
  }
}

static void multiply_scaled(const dpus_rows *from, int32_t pixels, int32_t each, int32_t shift,
                            int32_t *restrict sums) {
  for (int32_t p = 0; p < pixels; p++) {
    for (int32_t i = 0; i < each; i++, sums += DPUS_LANES) {
      const int8_t *x = cell_at(from, p, i);
      for (int c = 0; c < DPUS_LANES; c++) sums[c] *= (4 * x[c]) >> shift;
    }
  }
}

static void round_doubled(const int32_t *sums, const dpus_rounding *rounding, int32_t pixels, int32_t each,
                          const dpus_rows *to) {
  const int32_t shift = rounding->shift, low = rounding->low, high = rounding->high;
  uint32_t biases[DPUS_LANES];
  for (int c = 0; c < DPUS_LANES; c++) biases[c] = (uint32_t)rounding->biases[c];
  for (int32_t p = 0; p < pixels; p++) {
    for (int32_t i = 0; i < each; i++, sums += DPUS_LANES) {
      int8_t out[DPUS_LANES];
      for (int c = 0; c < DPUS_LANES; c++) {
        int32_t value = (int32_t)(2 * (uint32_t)sums[c] + biases[c]);
        // The half is taken from the last bit dropped, so that nothing overflows.
        int32_t rounded = (value >> shift) + ((value >> (shift - 1)) & 1);
        rounded = rounded < low ? low : rounded;
        out[c] = (int8_t)(rounded > high ? high : rounded);
      }
      memcpy(cell_at(to, p, i), out, sizeof out);
    }
  }
}

static void copy_lifted(const dpus_rows *from, int32_t pixels, int32_t each, uint8_t *restrict out) {
  // Pixels without gaps between them are one long one.
  if (from->jump == each) each *= pixels, pixels = 1;
  for (int32_t p = 0; p < pixels; p++) {
    for (int32_t i = 0; i < each;) {
      const uint32_t row = row_at(from, p, i), left = DPUS_ROWS_PER_BANK - row;
      const int32_t cells = left < (uint32_t)(each - i) ? (int32_t)left : each - i;
      const int8_t *restrict x = from->bank + (size_t)row * DPUS_LANES;
      for (int32_t k = 0; k < cells; k++) {
        for (int c = 0; c < DPUS_LANES; c++) out[k * DPUS_LANES + c] = (uint8_t)x[k * DPUS_LANES + c] ^ 0x80;
      }
      out += (size_t)cells * DPUS_LANES;
      i += cells;
    }
  }
}

#define DPUS_CELL_FUNCTIONS \
  .multiply_taps = multiply_taps, .add_taps = add_taps, .max_taps = max_taps, .set_scaled = set_scaled, \
  .add_scaled = add_scaled, .multiply_scaled = multiply_scaled, .round_doubled = round_doubled, \
  .copy_lifted = copy_lifted
