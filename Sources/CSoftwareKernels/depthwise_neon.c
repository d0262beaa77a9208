// Depthwise convolution for NEON, 8 channels at a time.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define SUMS int32x4x2_t
#define WEIGHTS int16x8_t

enum { LANES = 8 };

INLINE int32x4x2_t load_sums(const int32_t *p) { return (int32x4x2_t){{vld1q_s32(p), vld1q_s32(p + 4)}}; }

INLINE void store_sums(int32_t *p, int32x4x2_t sums) {
  vst1q_s32(p, sums.val[0]);
  vst1q_s32(p + 4, sums.val[1]);
}

INLINE int16x8_t load_weights(const int8_t *p) { return vmovl_s8(vld1_s8(p)); }

INLINE int32x4x2_t add_taps(int32x4x2_t sums, const int8_t *in, int16x8_t weights) {
  int16x8_t wide = vmovl_s8(vld1_s8(in));
  sums.val[0] = vmlal_s16(sums.val[0], vget_low_s16(wide), vget_low_s16(weights));
  sums.val[1] = vmlal_high_s16(sums.val[1], wide, weights);
  return sums;
}

INLINE void store_finished(int8_t *out, int32x4x2_t sums, const dpuk_window_row *r) {
  const int32x4_t shift = vdupq_n_s32(-r->shift);
  int16x8_t words = vcombine_s16(vqmovn_s32(vshlq_s32(sums.val[0], shift)), vqmovn_s32(vshlq_s32(sums.val[1], shift)));
  int8x8_t bytes = vqmovn_s16(words);
  vst1_s8(out, vmin_s8(vmax_s8(bytes, vdup_n_s8(r->low)), vdup_n_s8(r->high)));
}

#include "depthwise_template.h"

void dpuk_depthwise_row_neon(const dpuk_window_row *row) { depthwise_row(row); }

#endif
