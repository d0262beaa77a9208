// The portable set, written for reading: every other set must equal it to the bit.
#include "scalar.h"

static void quantize(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses) {
  dpuv_losses found = {0};
  for (size_t i = 0; i < count; i++) out[i] = quantize_scaled(in[i], in[i] * scale, &found);
  add_losses(losses, &found);
}

static void quantize_mapped(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                            dpuv_losses *losses) {
  dpuv_losses found = {0};
  for (size_t i = 0, c = 0; i < count; i++, c = c + 1 < channels ? c + 1 : 0) {
    out[i] = quantize_scaled(in[i], apply(&maps[c], in[i]), &found);
  }
  add_losses(losses, &found);
}

static void dequantize(const int8_t *in, float *out, size_t count, float step) {
  for (size_t i = 0; i < count; i++) out[i] = (float)in[i] * step;
}

static void look_up(const int8_t *table, const dpuv_byte_line *line, const uint8_t *in, int8_t *out, size_t count) {
  (void)line;
  for (size_t i = 0; i < count; i++) out[i] = table[in[i]];
}

static void look_up_channels(const int8_t *tables, const dpuv_byte_line *lines, size_t channels, const uint8_t *in,
                             int8_t *out, size_t pixels) {
  (void)lines;
  for (size_t p = 0; p < pixels; p++, in += channels, out += channels) {
    for (size_t c = 0; c < channels; c++) out[c] = tables[c * 256 + in[c]];
  }
}

static void reverse_3(const uint8_t *in, uint8_t *out, size_t pixels) {
  for (size_t p = 0; p < pixels; p++, in += 3, out += 3) out[0] = in[2], out[1] = in[1], out[2] = in[0];
}

static void spread_3(const uint8_t *in, uint8_t *out, size_t pixels) {
  for (size_t p = 0; p < pixels; p++, out += 3) out[0] = out[1] = out[2] = in[p];
}

static uint64_t count_outside(const uint8_t *in, size_t count, uint8_t first, uint8_t span) {
  uint64_t found = 0;
  for (size_t i = 0; i < count; i++) found += (uint8_t)(in[i] - first) > span;
  return found;
}

static void brightness(const uint8_t *in, uint8_t *out, size_t pixels) {
  for (size_t p = 0; p < pixels; p++) out[p] = brightness_of(in + 3 * p);
}

static void argmax(const int8_t *in, uint8_t *out, size_t pixels, size_t classes) {
  for (size_t p = 0; p < pixels; p++) out[p] = argmax_of(in + p * classes, classes);
}

static void blend_rows(const int16_t *a, int16_t a_weight, const int16_t *b, int16_t b_weight, uint8_t *out,
                       size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = blend_of(a[i], a_weight, b[i], b_weight);
}

const dpuv_kernels dpuv_portable = {
    .quantize = quantize,
    .quantize_mapped = quantize_mapped,
    .dequantize = dequantize,
    .look_up = look_up,
    .look_up_channels = look_up_channels,
    .reverse_3 = reverse_3,
    .spread_3 = spread_3,
    .count_outside = count_outside,
    .brightness = brightness,
    .argmax = argmax,
    .blend_rows = blend_rows,
};
