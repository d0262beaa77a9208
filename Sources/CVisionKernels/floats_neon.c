// Between floats and int8 with NEON as ARMv8.0 has it.
#if defined(__aarch64__)
#include "neon.h"

#pragma clang fp contract(off)

// All numbers here are doubled: with y = floor(2s), floor(s + 1/2) is exactly (y + 1) >> 1, which is one rounding shift.
// Conversion saturates and makes NaN 0.

INLINE int16x8_t rounded(float32x4_t a, float32x4_t b) {
  return vcombine_s16(vqrshrn_n_s32(vcvtmq_s32_f32(a), 1), vqrshrn_n_s32(vcvtmq_s32_f32(b), 1));
}

INLINE void store_16(const float32x4_t *doubled, int8_t *out) {
  int8x8_t low = vqmovn_s16(rounded(doubled[0], doubled[1])), high = vqmovn_s16(rounded(doubled[2], doubled[3]));
  vst1q_s8(out, vcombine_s8(low, high));
}

// Counts what was lost of 16 values, if anything was: greatest and least are NaN where one value is.
INLINE void count_losses(const float32x4_t *value, const float32x4_t *doubled, dpuv_losses *losses) {
  uint32x4_t not_a_number = vdupq_n_u32(0), infinite = vdupq_n_u32(0), saturated = vdupq_n_u32(0);
  for (int k = 0; k < 4; k++) {
    uint32x4_t number = vceqq_f32(value[k], value[k]);
    uint32x4_t is_infinite = vceqq_f32(vabsq_f32(value[k]), vdupq_n_f32(__builtin_inff()));
    uint32x4_t beyond = vorrq_u32(vcgeq_f32(doubled[k], vdupq_n_f32(255)), vcltq_f32(doubled[k], vdupq_n_f32(-257)));
    // A mask is -1: to subtract it is to count.
    not_a_number = vaddq_u32(not_a_number, vdupq_n_u32(1));
    not_a_number = vaddq_u32(not_a_number, number);
    infinite = vsubq_u32(infinite, is_infinite);
    saturated = vsubq_u32(saturated, vbicq_u32(vandq_u32(beyond, number), is_infinite));
  }
  losses->not_a_number += vaddvq_u32(not_a_number);
  losses->infinite += vaddvq_u32(infinite);
  losses->saturated += vaddvq_u32(saturated);
}

INLINE bool all_within(const float32x4_t *doubled) {
  float32x4_t most = vmaxq_f32(vmaxq_f32(doubled[0], doubled[1]), vmaxq_f32(doubled[2], doubled[3]));
  float32x4_t least = vminq_f32(vminq_f32(doubled[0], doubled[1]), vminq_f32(doubled[2], doubled[3]));
  uint32x4_t within = vandq_u32(vcltq_f32(most, vdupq_n_f32(255)), vcgeq_f32(least, vdupq_n_f32(-257)));
  return vminvq_u32(within) != 0;
}

void dpuv_quantize_neon(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses) {
  size_t i = 0;
  for (; count - i >= 16; i += 16) {
    float32x4_t value[4], doubled[4];
    for (int k = 0; k < 4; k++) {
      value[k] = vld1q_f32(in + i + 4 * k);
      doubled[k] = vmulq_n_f32(value[k], 2 * scale);
    }
    store_16(doubled, out + i);
    if (!all_within(doubled)) count_losses(value, doubled, losses);
  }
  dpuv_portable.quantize(in + i, out + i, count - i, scale, losses);
}

// Maps of consecutive elements, doubled; long enough for a block to begin at any channel.
typedef struct {
  float factor[DPUV_MOST_CHANNELS + 16], offset[DPUV_MOST_CHANNELS + 16];
  float lowest[DPUV_MOST_CHANNELS + 16], highest[DPUV_MOST_CHANNELS + 16];
} pattern;

void dpuv_quantize_mapped_neon(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                               dpuv_losses *losses) {
  pattern p;
  for (size_t i = 0, c = 0; i < channels + 16; i++, c = c + 1 < channels ? c + 1 : 0) {
    p.factor[i] = 2 * maps[c].factor;
    p.offset[i] = 2 * maps[c].offset;
    p.lowest[i] = 2 * maps[c].lowest;
    p.highest[i] = 2 * maps[c].highest;
  }
  size_t i = 0, at = 0, step = 16 % channels;
  for (; count - i >= 16; i += 16, at = at + step < channels ? at + step : at + step - channels) {
    float32x4_t value[4], doubled[4], differences = vdupq_n_f32(0);
    for (int k = 0; k < 4; k++) {
      value[k] = vld1q_f32(in + i + 4 * k);
      // An infinite value less itself is NaN, and stays so in the sum.
      differences = vaddq_f32(differences, vsubq_f32(value[k], value[k]));
      size_t c = at + 4 * (size_t)k;
      float32x4_t result = vaddq_f32(vmulq_f32(value[k], vld1q_f32(p.factor + c)), vld1q_f32(p.offset + c));
      // NaN, also of infinity times 0, stays through both and becomes 0.
      doubled[k] = vmaxq_f32(vminq_f32(result, vld1q_f32(p.highest + c)), vld1q_f32(p.lowest + c));
    }
    store_16(doubled, out + i);
    bool is_finite = vminvq_u32(vceqq_f32(differences, differences)) != 0;
    if (!is_finite || !all_within(doubled)) count_losses(value, doubled, losses);
  }
  for (; i < count; i++, at = at + 1 < channels ? at + 1 : 0) {
    out[i] = quantize_scaled(in[i], apply(&maps[at], in[i]), losses);
  }
}

void dpuv_dequantize_neon(const int8_t *in, float *out, size_t count, float step) {
  size_t i = 0;
  for (; count - i >= 8; i += 8) {
    int16x8_t wide = vmovl_s8(vld1_s8(in + i));
    vst1q_f32(out + i, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide))), step));
    vst1q_f32(out + i + 4, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_high_s16(wide))), step));
  }
  for (; i < count; i++) out[i] = (float)in[i] * step;
}
#endif
