// Samples of 8 bits with AVX-512: tables, the order of channels, brightness and resizing.
#if defined(__x86_64__)
#include <string.h>

#include "avx512.h"

#pragma clang attribute push(__attribute__((target(DPUV_AVX512_TARGET))), apply_to = function)

// A table of 256 bytes in four registers.
typedef struct {
  __m512i quarter[4];
} table;

INLINE table load_table(const int8_t *bytes) {
  table t;
  for (int k = 0; k < 4; k++) t.quarter[k] = _mm512_loadu_si512(bytes + 64 * k);
  return t;
}

INLINE __m512i look_up_64(const table *t, __m512i samples) {
  __m512i lower = _mm512_permutex2var_epi8(t->quarter[0], samples, t->quarter[1]);
  __m512i upper = _mm512_permutex2var_epi8(t->quarter[2], samples, t->quarter[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(samples), lower, upper);
}

INLINE __mmask64 first(size_t count) { return count < 64 ? ((__mmask64)1 << count) - 1 : ~(__mmask64)0; }

static void look_up(const int8_t *bytes, const dpuv_byte_line *line, const uint8_t *in, int8_t *out, size_t count) {
  (void)line;
  const table t = load_table(bytes);
  size_t i = 0;
  for (; count - i >= 64; i += 64) _mm512_storeu_si512(out + i, look_up_64(&t, _mm512_loadu_si512(in + i)));
  __mmask64 rest = first(count - i);
  _mm512_mask_storeu_epi8(out + i, rest, look_up_64(&t, _mm512_maskz_loadu_epi8(rest, in + i)));
}

// Every vector looks into every table and keeps what is of its channel.
INLINE void look_up_of(const int8_t *tables, const size_t channels, const uint8_t *in, int8_t *out, size_t count) {
  table t[4];
  for (size_t c = 0; c < channels; c++) t[c] = load_table(tables + 256 * c);
  __mmask64 is_of[3][4] = {{0}};  // of which channel an element is, for each vector of a period
  for (size_t v = 0; v < 3; v++) {
    for (size_t i = 0; i < 64; i++) is_of[v][(64 * v + i) % channels] |= (__mmask64)1 << i;
  }
  for (size_t i = 0, v = 0; i < count; i += 64, v = channels == 3 && v < 2 ? v + 1 : 0) {
    __mmask64 valid = first(count - i);
    __m512i samples = _mm512_maskz_loadu_epi8(valid, in + i);
    __m512i result = look_up_64(&t[0], samples);
    for (size_t c = 1; c < channels; c++) result = _mm512_mask_mov_epi8(result, is_of[v][c], look_up_64(&t[c], samples));
    _mm512_mask_storeu_epi8(out + i, valid, result);
  }
}

static void look_up_channels(const int8_t *tables, const dpuv_byte_line *lines, size_t channels, const uint8_t *in,
                             int8_t *out, size_t pixels) {
  (void)lines;
  switch (channels) {
    case 2: look_up_of(tables, 2, in, out, 2 * pixels); break;
    case 3: look_up_of(tables, 3, in, out, 3 * pixels); break;
    default: look_up_of(tables, 4, in, out, 4 * pixels); break;
  }
}

static void reverse_3(const uint8_t *in, uint8_t *out, size_t pixels) {
  uint8_t sources[64];
  for (uint8_t i = 0; i < 63; i++) sources[i] = (uint8_t)(i / 3 * 3 + 2 - i % 3);
  sources[63] = 63;
  const __m512i order = _mm512_loadu_si512(sources);
  const __mmask64 whole = first(63);
  for (size_t p = 0; p < pixels; p += 21) {
    __mmask64 valid = pixels - p < 21 ? first(3 * (pixels - p)) : whole;
    __m512i samples = _mm512_maskz_loadu_epi8(valid, in + 3 * p);
    _mm512_mask_storeu_epi8(out + 3 * p, valid, _mm512_permutexvar_epi8(order, samples));
  }
}

static void spread_3(const uint8_t *in, uint8_t *out, size_t pixels) {
  uint8_t sources[64];
  for (uint8_t i = 0; i < 64; i++) sources[i] = i / 3;
  const __m512i order = _mm512_loadu_si512(sources);
  for (size_t p = 0; p < pixels; p += 21) {
    size_t some = pixels - p < 21 ? pixels - p : 21;
    __m512i samples = _mm512_maskz_loadu_epi8(first(some), in + p);
    _mm512_mask_storeu_epi8(out + 3 * p, first(3 * some), _mm512_permutexvar_epi8(order, samples));
  }
}

static uint64_t count_outside(const uint8_t *in, size_t count, uint8_t first_kept, uint8_t span) {
  const __m512i start = _mm512_set1_epi8((int8_t)first_kept), most = _mm512_set1_epi8((int8_t)span);
  uint64_t found = 0;
  for (size_t i = 0; i < count; i += 64) {
    __mmask64 valid = first(count - i);
    __m512i distance = _mm512_sub_epi8(_mm512_maskz_loadu_epi8(valid, in + i), start);
    found += (uint64_t)__builtin_popcountll(_mm512_mask_cmpgt_epu8_mask(valid, distance, most));
  }
  return found;
}

static void brightness(const uint8_t *in, uint8_t *out, size_t pixels) {
  // Weights above 32767 do not fit a signed multiplication: green is taken in two halves, one with red, one with blue.
  uint8_t sources[2][64];
  for (uint8_t p = 0; p < 16; p++) {
    for (uint8_t k = 0; k < 4; k++) {
      sources[0][4 * p + k] = (uint8_t)(3 * p + (k >> 1));
      sources[1][4 * p + k] = (uint8_t)(3 * p + 1 + (k >> 1));
    }
  }
  const __m512i red_green = _mm512_loadu_si512(sources[0]), green_blue = _mm512_loadu_si512(sources[1]);
  const __m512i red_green_weights = _mm512_set1_epi32(19235 << 16 | 19595);
  const __m512i green_blue_weights = _mm512_set1_epi32(7471 << 16 | 19235);
  const __mmask64 even = 0x5555555555555555;
  for (size_t p = 0; p < pixels; p += 16) {
    size_t some = pixels - p < 16 ? pixels - p : 16;
    __m512i samples = _mm512_maskz_loadu_epi8(first(3 * some), in + 3 * p);
    __m512i one = _mm512_madd_epi16(_mm512_maskz_permutexvar_epi8(even, red_green, samples), red_green_weights);
    __m512i other = _mm512_madd_epi16(_mm512_maskz_permutexvar_epi8(even, green_blue, samples), green_blue_weights);
    __m512i sum = _mm512_add_epi32(_mm512_add_epi32(one, other), _mm512_set1_epi32(32768));
    // Narrowing on the way to memory is slow on some processors.
    _mm_mask_storeu_epi8(out + p, (__mmask16)first(some), _mm512_cvtepi32_epi8(_mm512_srli_epi32(sum, 16)));
  }
}

static void weigh_row(const dpuv_row_plan *plan, const uint8_t *source, int16_t *row) {
  const __mmask64 even = 0x5555555555555555;
  for (size_t k = 0; k < plan->blocks; k++) {
    __m512i window = _mm512_loadu_si512(source + plan->starts[k]);
    __m512i pairs = _mm512_maskz_permutexvar_epi8(even, _mm512_loadu_si512(plan->control + 64 * k), window);
    __m512i sums = _mm512_madd_epi16(pairs, _mm512_loadu_si512(plan->weights + 32 * k));
    _mm256_storeu_si256((__m256i *)(row + 16 * k), _mm512_cvtepi32_epi16(_mm512_srli_epi32(sums, 4)));
  }
}

static void blend_rows(const int16_t *a, int16_t a_weight, const int16_t *b, int16_t b_weight, uint8_t *out,
                       size_t count) {
  const __m512i wa = _mm512_set1_epi16(a_weight), wb = _mm512_set1_epi16(b_weight);
  for (size_t i = 0; i < count; i += 32) {
    __mmask32 valid = (__mmask32)first(count - i < 32 ? count - i : 32);
    __m512i upper = _mm512_mulhi_epi16(_mm512_maskz_loadu_epi16(valid, a + i), wa);
    __m512i lower = _mm512_mulhi_epi16(_mm512_maskz_loadu_epi16(valid, b + i), wb);
    __m512i sum = _mm512_add_epi16(_mm512_add_epi16(upper, lower), _mm512_set1_epi16(2));
    _mm256_mask_storeu_epi8(out + i, valid, _mm512_cvtepi16_epi8(_mm512_srli_epi16(sum, 2)));
  }
}

const dpuv_kernels dpuv_avx512 = {
    .quantize = dpuv_quantize_avx512,
    .quantize_mapped = dpuv_quantize_mapped_avx512,
    .dequantize = dpuv_dequantize_avx512,
    .look_up = look_up,
    .look_up_channels = look_up_channels,
    .reverse_3 = reverse_3,
    .spread_3 = spread_3,
    .count_outside = count_outside,
    .brightness = brightness,
    .argmax = dpuv_argmax_avx512,
    .window = {.results = 16, .window = 64},
    .weigh_row = weigh_row,
    .blend_rows = blend_rows,
};

#pragma clang attribute pop
#endif
