// The functions on cells in plain C, to be compiled for each instruction set: its compiler makes vectors of the loops
// over 16 channels. A file that includes this has set the target of its functions before.

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

static void set_scaled(const int8_t *restrict x, int32_t shift, int32_t count, int32_t *restrict sums) {
  for (int32_t i = 0; i < count; i++) sums[i] = (4 * x[i]) >> shift;
}

static void add_scaled(const int8_t *restrict x, int32_t shift, int32_t count, int32_t *restrict sums) {
  for (int32_t i = 0; i < count; i++) sums[i] += (4 * x[i]) >> shift;
}

static void multiply_scaled(const int8_t *restrict x, int32_t shift, int32_t count, int32_t *restrict sums) {
  for (int32_t i = 0; i < count; i++) sums[i] *= (4 * x[i]) >> shift;
}

#define DPUS_CELL_FUNCTIONS \
  .multiply_taps = multiply_taps, .add_taps = add_taps, .max_taps = max_taps, .set_scaled = set_scaled, \
  .add_scaled = add_scaled, .multiply_scaled = multiply_scaled
