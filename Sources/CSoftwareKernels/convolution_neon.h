// What both levels of NEON share: finishing a tile of four pixels.
#ifndef DPUK_CONVOLUTION_NEON_H
#define DPUK_CONVOLUTION_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

// Four channels of 4 pixels, shifted and saturated to bytes: lane i is pixel i.
INLINE int32x4_t pack_channels(int32x4_t c0, int32x4_t c1, int32x4_t c2, int32x4_t c3, const dpuk_tile *t) {
  static const uint8_t transpose[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  const int32x4_t shift = vdupq_n_s32(-t->shift);
  int16x8_t first = vcombine_s16(vqmovn_s32(vshlq_s32(c0, shift)), vqmovn_s32(vshlq_s32(c1, shift)));
  int16x8_t second = vcombine_s16(vqmovn_s32(vshlq_s32(c2, shift)), vqmovn_s32(vshlq_s32(c3, shift)));
  int8x16_t bytes = vcombine_s8(vqmovn_s16(first), vqmovn_s16(second));
  bytes = vminq_s8(vmaxq_s8(bytes, vdupq_n_s8(t->low)), vdupq_n_s8(t->high));
  return vreinterpretq_s32_s8(vqtbl1q_s8(bytes, vld1q_u8(transpose)));
}

// Writes the sums of up to 8 channels of 4 pixels, raw or finished; `first` is the first pixel within the vector.
INLINE void finish_pixels(const dpuk_tile *t, const int32x4_t *sums, const int channels, int vector, int32_t first) {
  int32_t pixels = t->pixels[vector] - first;
  if (pixels <= 0) return;
  if (pixels > 4) pixels = 4;
  if (t->sums[0]) {
    int32_t *out = t->sums[vector] + first * t->out_pixel_stride;
    UNROLL for (int b = 0; b < channels; b++) {
      int32_t lanes[4];
      vst1q_s32(lanes, sums[b]);
      for (int32_t i = 0; i < pixels; i++) out[i * t->out_pixel_stride + b] = lanes[i];
    }
    return;
  }
  int32x4_t c[8];
  UNROLL for (int b = 0; b < 8; b++) c[b] = b < channels ? sums[b] : vdupq_n_s32(0);
  int32x4_t low = pack_channels(c[0], c[1], c[2], c[3], t);
  int8_t *out = t->out[vector] + first * t->out_pixel_stride;
  if (channels > 4) {
    int32x4_t high = pack_channels(c[4], c[5], c[6], c[7], t);
    int64_t cells[4];
    vst1q_s64(cells, vreinterpretq_s64_s32(vzip1q_s32(low, high)));
    vst1q_s64(cells + 2, vreinterpretq_s64_s32(vzip2q_s32(low, high)));
    for (int32_t i = 0; i < pixels; i++) memcpy(out + i * t->out_pixel_stride, &cells[i], (size_t)channels);
  } else {
    int32_t cells[4];
    vst1q_s32(cells, low);
    for (int32_t i = 0; i < pixels; i++) memcpy(out + i * t->out_pixel_stride, &cells[i], (size_t)channels);
  }
}

#endif
