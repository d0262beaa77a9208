// Samples of 8 bits with NEON: tables, the order of channels, brightness and resizing.
#if defined(__aarch64__)
#include "neon.h"

// A table of 256 bytes in four times four registers.
typedef struct {
  int8x16x4_t quarter[4];
} table;

INLINE table load_table(const int8_t *bytes) {
  table t;
  for (int k = 0; k < 4; k++) t.quarter[k] = vld1q_s8_x4(bytes + 64 * k);
  return t;
}

// An index beyond its quarter gives 0, or leaves what was there.
INLINE int8x16_t look_up_16(const table *t, uint8x16_t samples) {
  int8x16_t result = vqtbl4q_s8(t->quarter[0], samples);
  result = vqtbx4q_s8(result, t->quarter[1], vsubq_u8(samples, vdupq_n_u8(64)));
  result = vqtbx4q_s8(result, t->quarter[2], vsubq_u8(samples, vdupq_n_u8(128)));
  return vqtbx4q_s8(result, t->quarter[3], vsubq_u8(samples, vdupq_n_u8(192)));
}

static void look_up(const int8_t *bytes, const dpuv_byte_line *line, const uint8_t *in, int8_t *out, size_t count) {
  (void)line;
  const table t = load_table(bytes);
  size_t i = 0;
  for (; count - i >= 16; i += 16) vst1q_s8(out + i, look_up_16(&t, vld1q_u8(in + i)));
  for (; i < count; i++) out[i] = bytes[in[i]];
}

// Some pixels are taken apart, each channel goes through its table, and all are put together again.
enum { PART = 256 };

INLINE void take_apart(const uint8_t *in, size_t channels, uint8_t planes[4][PART], size_t i) {
  if (channels == 2) {
    uint8x16x2_t v = vld2q_u8(in);
    for (int c = 0; c < 2; c++) vst1q_u8(planes[c] + i, v.val[c]);
  } else if (channels == 3) {
    uint8x16x3_t v = vld3q_u8(in);
    for (int c = 0; c < 3; c++) vst1q_u8(planes[c] + i, v.val[c]);
  } else {
    uint8x16x4_t v = vld4q_u8(in);
    for (int c = 0; c < 4; c++) vst1q_u8(planes[c] + i, v.val[c]);
  }
}

INLINE void put_together(int8_t *out, size_t channels, int8_t planes[4][PART], size_t i) {
  int8x16x4_t v;
  for (size_t c = 0; c < channels; c++) v.val[c] = vld1q_s8(planes[c] + i);
  if (channels == 2) {
    int8x16x2_t two = {{v.val[0], v.val[1]}};
    vst2q_s8(out, two);
  } else if (channels == 3) {
    int8x16x3_t three = {{v.val[0], v.val[1], v.val[2]}};
    vst3q_s8(out, three);
  } else {
    vst4q_s8(out, v);
  }
}

static void look_up_channels(const int8_t *tables, const dpuv_byte_line *lines, size_t channels, const uint8_t *in,
                             int8_t *out, size_t pixels) {
  uint8_t planes[4][PART];
  int8_t results[4][PART];
  size_t p = 0, some;
  for (; pixels - p >= 16; p += some) {
    some = pixels - p < PART ? (pixels - p) / 16 * 16 : PART;
    for (size_t i = 0; i < some; i += 16) take_apart(in + channels * (p + i), channels, planes, i);
    for (size_t c = 0; c < channels; c++) look_up(tables + 256 * c, NULL, planes[c], results[c], some);
    for (size_t i = 0; i < some; i += 16) put_together(out + channels * (p + i), channels, results, i);
  }
  dpuv_portable.look_up_channels(tables, lines, channels, in + channels * p, out + channels * p, pixels - p);
}

static void reverse_3(const uint8_t *in, uint8_t *out, size_t pixels) {
  size_t p = 0;
  for (; pixels - p >= 16; p += 16) {
    uint8x16x3_t v = vld3q_u8(in + 3 * p);
    uint8x16x3_t turned = {{v.val[2], v.val[1], v.val[0]}};
    vst3q_u8(out + 3 * p, turned);
  }
  dpuv_portable.reverse_3(in + 3 * p, out + 3 * p, pixels - p);
}

static void spread_3(const uint8_t *in, uint8_t *out, size_t pixels) {
  size_t p = 0;
  for (; pixels - p >= 16; p += 16) {
    uint8x16_t v = vld1q_u8(in + p);
    uint8x16x3_t three = {{v, v, v}};
    vst3q_u8(out + 3 * p, three);
  }
  dpuv_portable.spread_3(in + p, out + 3 * p, pixels - p);
}

static uint64_t count_outside(const uint8_t *in, size_t count, uint8_t first, uint8_t span) {
  uint64_t found = 0;
  size_t i = 0;
  for (; count - i >= 16; i += 16) {
    uint8x16_t is_outside = vcgtq_u8(vsubq_u8(vld1q_u8(in + i), vdupq_n_u8(first)), vdupq_n_u8(span));
    found += vaddvq_u8(vshrq_n_u8(is_outside, 7));
  }
  return found + dpuv_portable.count_outside(in + i, count - i, first, span);
}

INLINE uint16x4_t brightness_4(uint16x4_t red, uint16x4_t green, uint16x4_t blue) {
  uint32x4_t sum = vmull_n_u16(red, 19595);
  sum = vmlal_n_u16(sum, green, 38470);
  sum = vmlal_n_u16(sum, blue, 7471);
  return vrshrn_n_u32(sum, 16);
}

static void brightness(const uint8_t *in, uint8_t *out, size_t pixels) {
  size_t p = 0;
  for (; pixels - p >= 8; p += 8) {
    uint8x8x3_t v = vld3_u8(in + 3 * p);
    uint16x8_t red = vmovl_u8(v.val[0]), green = vmovl_u8(v.val[1]), blue = vmovl_u8(v.val[2]);
    uint16x4_t low = brightness_4(vget_low_u16(red), vget_low_u16(green), vget_low_u16(blue));
    uint16x4_t high = brightness_4(vget_high_u16(red), vget_high_u16(green), vget_high_u16(blue));
    vst1_u8(out + p, vmovn_u16(vcombine_u16(low, high)));
  }
  dpuv_portable.brightness(in + 3 * p, out + p, pixels - p);
}

// Four results: products side by side, added in pairs.
INLINE uint16x4_t weigh_4(const dpuv_row_plan *plan, const uint8_t *source, size_t group) {
  uint8x16_t window = vld1q_u8(source + plan->starts[group]);
  uint16x8_t pairs = vreinterpretq_u16_u8(vqtbl1q_u8(window, vld1q_u8(plan->control + 16 * group)));
  uint16x8_t weights = vreinterpretq_u16_s16(vld1q_s16(plan->weights + 8 * group));
  uint32x4_t low = vmull_u16(vget_low_u16(pairs), vget_low_u16(weights));
  uint32x4_t high = vmull_high_u16(pairs, weights);
  return vshrn_n_u32(vpaddq_u32(low, high), 4);
}

static void weigh_row(const dpuv_row_plan *plan, const uint8_t *source, int16_t *row) {
  for (size_t group = 0; group < 4 * plan->blocks; group++) {
    vst1_s16(row + 4 * group, vreinterpret_s16_u16(weigh_4(plan, source, group)));
  }
}

INLINE int16x4_t blend_4(int16x4_t a, int16x4_t a_weight, int16x4_t b, int16x4_t b_weight) {
  return vadd_s16(vshrn_n_s32(vmull_s16(a, a_weight), 16), vshrn_n_s32(vmull_s16(b, b_weight), 16));
}

static void blend_rows(const int16_t *a, int16_t a_weight, const int16_t *b, int16_t b_weight, uint8_t *out,
                       size_t count) {
  const int16x4_t wa = vdup_n_s16(a_weight), wb = vdup_n_s16(b_weight);
  size_t i = 0;
  for (; count - i >= 8; i += 8) {
    int16x8_t upper = vld1q_s16(a + i), lower = vld1q_s16(b + i);
    int16x4_t low = blend_4(vget_low_s16(upper), wa, vget_low_s16(lower), wb);
    int16x4_t high = blend_4(vget_high_s16(upper), wa, vget_high_s16(lower), wb);
    // The rounding shift adds the 2.
    vst1_u8(out + i, vqrshrun_n_s16(vcombine_s16(low, high), 2));
  }
  for (; i < count; i++) out[i] = blend_of(a[i], a_weight, b[i], b_weight);
}

const dpuv_kernels dpuv_neon = {
    .quantize = dpuv_quantize_neon,
    .quantize_mapped = dpuv_quantize_mapped_neon,
    .dequantize = dpuv_dequantize_neon,
    .look_up = look_up,
    .look_up_channels = look_up_channels,
    .reverse_3 = reverse_3,
    .spread_3 = spread_3,
    .count_outside = count_outside,
    .brightness = brightness,
    .argmax = dpuv_argmax_neon,
    .window = {.results = 4, .window = 16},
    .weigh_row = weigh_row,
    .blend_rows = blend_rows,
};
#endif
