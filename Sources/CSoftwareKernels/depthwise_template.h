// A row of a depthwise convolution, written once; the including file defines for its instruction set:
// LANES             channels of a step
// SUMS, WEIGHTS     vectors of LANES int32 sums, of LANES weights of one tap
// load_sums(p), store_sums(p, s), load_weights(p)
// add_taps(s, in, w)  s + in[i] * w[i], of LANES input channels
// store_finished(out, s, row)  shifts, clamps and stores LANES bytes
#include <string.h>

#include "kernels.h"

static inline __attribute__((always_inline)) void depthwise_step(const dpuk_window_row *r, int32_t channel,
                                                                 int32_t taps_y, int32_t taps_x, const bool fixed) {
  WEIGHTS weights[9];
  for (int32_t tap = 0; fixed && tap < taps_y * taps_x; tap++) {
    ptrdiff_t at = tap / taps_x * r->weight_stride_y + tap % taps_x * r->weight_stride_x;
    weights[tap] = load_weights(r->weights + channel + at);
  }
  SUMS start = load_sums(r->start + channel);
  for (int32_t p = 0; p < r->pixels; p++) {
    const int8_t *in = r->in + channel + p * r->in_pixel_stride;
    SUMS sums = start;
    for (int32_t y = 0; y < taps_y; y++) {
      for (int32_t x = 0; x < taps_x; x++) {
        const int8_t *weight = r->weights + channel + y * r->weight_stride_y + x * r->weight_stride_x;
        sums = add_taps(sums, in + y * r->in_tap_stride_y + x * r->in_tap_stride_x,
                        fixed ? weights[y * taps_x + x] : load_weights(weight));
      }
    }
    if (r->sums) {
      store_sums(r->sums + channel + p * r->out_pixel_stride, sums);
    } else {
      store_finished(r->out + channel + p * r->out_pixel_stride, sums, r);
    }
  }
}

// One channel at a time, where there are fewer than a step has.
static void depthwise_narrow(const dpuk_window_row *r) {
  for (int32_t p = 0; p < r->pixels; p++) {
    for (int32_t channel = 0; channel < r->channels; channel++) {
      const int8_t *in = r->in + channel + p * r->in_pixel_stride;
      int32_t sum = r->start[channel];
      for (int32_t y = 0; y < r->taps_y; y++) {
        for (int32_t x = 0; x < r->taps_x; x++) {
          sum += in[y * r->in_tap_stride_y + x * r->in_tap_stride_x]
                 * r->weights[channel + y * r->weight_stride_y + x * r->weight_stride_x];
        }
      }
      if (r->sums) {
        r->sums[channel + p * r->out_pixel_stride] = sum;
      } else {
        sum >>= r->shift;
        r->out[channel + p * r->out_pixel_stride] = (int8_t)(sum < r->low ? r->low : sum > r->high ? r->high : sum);
      }
    }
  }
}

static void depthwise_row(const dpuk_window_row *r) {
  if (r->channels < LANES) {
    depthwise_narrow(r);
    return;
  }
  for (int32_t channel = 0; channel < r->channels; channel += LANES) {
    // The last step may overlap the one before it.
    int32_t first = channel + LANES <= r->channels ? channel : r->channels - LANES;
    if (r->taps_y == 3 && r->taps_x == 3) {
      depthwise_step(r, first, 3, 3, true);
    } else {
      depthwise_step(r, first, r->taps_y, r->taps_x, false);
    }
  }
}
