// Samples of 8 bits with AVX2: tables, the order of channels, brightness and resizing.
#if defined(__x86_64__)
#include "avx2.h"

#pragma clang attribute push(__attribute__((target(DPUV_AVX2_TARGET))), apply_to = function)
#pragma clang fp contract(off)

INLINE __m256i load_twice(const void *bytes) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes));
}

// A table in any order: sixteen pieces, of which each answers for the samples that begin with its number and gives 0 for
// all others.
static void look_up_pieces(const int8_t *table, const uint8_t *in, int8_t *out, size_t count) {
  size_t i = 0;
  for (; count - i >= 32; i += 32) {
    __m256i samples = _mm256_loadu_si256((const __m256i *)(in + i)), result = _mm256_setzero_si256();
    for (int k = 0; k < 16; k++) {
      // Below 16 the upper bit stays clear, from 16 on it is set, which makes a shuffle give 0.
      __m256i index = _mm256_adds_epu8(_mm256_xor_si256(samples, _mm256_set1_epi8((int8_t)(16 * k))),
                                       _mm256_set1_epi8(0x70));
      result = _mm256_or_si256(result, _mm256_shuffle_epi8(load_twice(table + 16 * k), index));
    }
    _mm256_storeu_si256((__m256i *)(out + i), result);
  }
  for (; i < count; i++) out[i] = table[in[i]];
}

// Lines of consecutive elements, long enough for a block to begin at any channel.
typedef struct {
  float factor[4 + 32], offset[4 + 32];
  int8_t lowest[4 + 32], highest[4 + 32];
} pattern;

INLINE __m256i line_8(const uint8_t *in, const pattern *lines, size_t at) {
  __m256 sample = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)in)));
  __m256 result = _mm256_add_ps(_mm256_mul_ps(sample, _mm256_loadu_ps(lines->factor + at)),
                                _mm256_loadu_ps(lines->offset + at));
  return _mm256_cvtps_epi32(_mm256_floor_ps(result));
}

static void look_up_lines(const int8_t *tables, const dpuv_byte_line *lines, size_t channels, const uint8_t *in,
                          int8_t *out, size_t count) {
  pattern p;
  for (size_t i = 0, c = 0; i < channels + 32; i++, c = c + 1 < channels ? c + 1 : 0) {
    p.factor[i] = lines[c].factor;
    p.offset[i] = lines[c].offset;
    p.lowest[i] = (int8_t)lines[c].lowest;
    p.highest[i] = (int8_t)lines[c].highest;
  }
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  size_t i = 0, at = 0, step = 32 % channels;
  for (; count - i >= 32; i += 32, at = at + step < channels ? at + step : at + step - channels) {
    __m256i low = _mm256_packs_epi32(line_8(in + i, &p, at), line_8(in + i + 8, &p, at + 8));
    __m256i high = _mm256_packs_epi32(line_8(in + i + 16, &p, at + 16), line_8(in + i + 24, &p, at + 24));
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
    bytes = _mm256_min_epi8(bytes, _mm256_loadu_si256((const __m256i *)(p.highest + at)));
    bytes = _mm256_max_epi8(bytes, _mm256_loadu_si256((const __m256i *)(p.lowest + at)));
    _mm256_storeu_si256((__m256i *)(out + i), bytes);
  }
  for (; i < count; i++, at = at + 1 < channels ? at + 1 : 0) out[i] = tables[256 * at + in[i]];
}

static void look_up(const int8_t *table, const dpuv_byte_line *line, const uint8_t *in, int8_t *out, size_t count) {
  if (line != NULL) {
    look_up_lines(table, line, 1, in, out, count);
  } else {
    look_up_pieces(table, in, out, count);
  }
}

static void look_up_channels(const int8_t *tables, const dpuv_byte_line *lines, size_t channels, const uint8_t *in,
                             int8_t *out, size_t pixels) {
  if (lines != NULL) {
    look_up_lines(tables, lines, channels, in, out, pixels * channels);
  } else {
    dpuv_portable.look_up_channels(tables, NULL, channels, in, out, pixels);
  }
}

static void reverse_3(const uint8_t *in, uint8_t *out, size_t pixels) {
  const __m128i order = _mm_setr_epi8(2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12, 15);
  size_t p = 0;
  // The sixteenth byte is of the next pixel, which is written after it.
  for (; pixels - p >= 6; p += 5) {
    __m128i samples = _mm_loadu_si128((const __m128i *)(in + 3 * p));
    _mm_storeu_si128((__m128i *)(out + 3 * p), _mm_shuffle_epi8(samples, order));
  }
  dpuv_portable.reverse_3(in + 3 * p, out + 3 * p, pixels - p);
}

static void spread_3(const uint8_t *in, uint8_t *out, size_t pixels) {
  const __m128i first = _mm_setr_epi8(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5);
  const __m128i second = _mm_setr_epi8(5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10);
  const __m128i third = _mm_setr_epi8(10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15);
  size_t p = 0;
  for (; pixels - p >= 16; p += 16) {
    __m128i samples = _mm_loadu_si128((const __m128i *)(in + p));
    __m128i *to = (__m128i *)(out + 3 * p);
    _mm_storeu_si128(to, _mm_shuffle_epi8(samples, first));
    _mm_storeu_si128(to + 1, _mm_shuffle_epi8(samples, second));
    _mm_storeu_si128(to + 2, _mm_shuffle_epi8(samples, third));
  }
  dpuv_portable.spread_3(in + p, out + 3 * p, pixels - p);
}

static uint64_t count_outside(const uint8_t *in, size_t count, uint8_t first, uint8_t span) {
  const __m256i start = _mm256_set1_epi8((int8_t)first), most = _mm256_set1_epi8((int8_t)span);
  uint64_t kept = 0;
  size_t i = 0;
  for (; count - i >= 32; i += 32) {
    __m256i distance = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)(in + i)), start);
    __m256i is_kept = _mm256_cmpeq_epi8(_mm256_max_epu8(distance, most), most);
    kept += (uint64_t)__builtin_popcount((unsigned)_mm256_movemask_epi8(is_kept));
  }
  return i - kept + dpuv_portable.count_outside(in + i, count - i, first, span);
}

// Eight numbers from 0 to 255 as bytes.
INLINE void store_8(__m256i numbers, uint8_t *out) {
  __m256i words = _mm256_packs_epi32(numbers, numbers), bytes = _mm256_packus_epi16(words, words);
  __m128i eight = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
  _mm_storel_epi64((__m128i *)out, eight);
}

static void brightness(const uint8_t *in, uint8_t *out, size_t pixels) {
  // Weights above 32767 do not fit a signed multiplication: green is taken in two halves, one with red, one with blue.
  const __m256i red_green = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1));
  const __m256i green_blue = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, -1, 2, -1, 4, -1, 5, -1, 7, -1, 8, -1, 10, -1, 11, -1));
  const __m256i red_green_weights = _mm256_set1_epi32(19235 << 16 | 19595);
  const __m256i green_blue_weights = _mm256_set1_epi32(7471 << 16 | 19235);
  size_t p = 0;
  // Four pixels in each half; the second load reads 28 bytes from the first pixel on.
  for (; pixels - p >= 10; p += 8) {
    __m256i samples = _mm256_loadu2_m128i((const __m128i *)(in + 3 * p + 12), (const __m128i *)(in + 3 * p));
    __m256i one = _mm256_madd_epi16(_mm256_shuffle_epi8(samples, red_green), red_green_weights);
    __m256i other = _mm256_madd_epi16(_mm256_shuffle_epi8(samples, green_blue), green_blue_weights);
    __m256i sum = _mm256_add_epi32(_mm256_add_epi32(one, other), _mm256_set1_epi32(32768));
    store_8(_mm256_srli_epi32(sum, 16), out + p);
  }
  dpuv_portable.brightness(in + 3 * p, out + p, pixels - p);
}

// Two groups of four results, one in each half.
INLINE __m256i weigh_8(const dpuv_row_plan *plan, const uint8_t *source, size_t group, size_t other) {
  const __m128i *control = (const __m128i *)plan->control, *weights = (const __m128i *)plan->weights;
  __m256i windows = _mm256_loadu2_m128i((const __m128i *)(source + plan->starts[other]),
                                        (const __m128i *)(source + plan->starts[group]));
  __m256i pairs = _mm256_shuffle_epi8(windows, _mm256_loadu2_m128i(control + other, control + group));
  return _mm256_srli_epi32(_mm256_madd_epi16(pairs, _mm256_loadu2_m128i(weights + other, weights + group)), 4);
}

static void weigh_row(const dpuv_row_plan *plan, const uint8_t *source, int16_t *row) {
  for (size_t k = 0; k < plan->blocks; k++) {
    __m256i even = weigh_8(plan, source, 4 * k, 4 * k + 2), odd = weigh_8(plan, source, 4 * k + 1, 4 * k + 3);
    _mm256_storeu_si256((__m256i *)(row + 16 * k), _mm256_packs_epi32(even, odd));
  }
}

INLINE __m256i blend_16(const int16_t *a, __m256i a_weight, const int16_t *b, __m256i b_weight) {
  __m256i upper = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)a), a_weight);
  __m256i lower = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)b), b_weight);
  return _mm256_srli_epi16(_mm256_add_epi16(_mm256_add_epi16(upper, lower), _mm256_set1_epi16(2)), 2);
}

static void blend_rows(const int16_t *a, int16_t a_weight, const int16_t *b, int16_t b_weight, uint8_t *out,
                       size_t count) {
  const __m256i wa = _mm256_set1_epi16(a_weight), wb = _mm256_set1_epi16(b_weight);
  size_t i = 0;
  for (; count - i >= 32; i += 32) {
    __m256i bytes = _mm256_packus_epi16(blend_16(a + i, wa, b + i, wb), blend_16(a + i + 16, wa, b + i + 16, wb));
    _mm256_storeu_si256((__m256i *)(out + i), _mm256_permute4x64_epi64(bytes, 0xD8));
  }
  for (; i < count; i++) out[i] = blend_of(a[i], a_weight, b[i], b_weight);
}

const dpuv_kernels dpuv_avx2 = {
    .quantize = dpuv_quantize_avx2,
    .quantize_mapped = dpuv_quantize_mapped_avx2,
    .dequantize = dpuv_dequantize_avx2,
    .look_up = look_up,
    .look_up_channels = look_up_channels,
    .reverse_3 = reverse_3,
    .spread_3 = spread_3,
    .count_outside = count_outside,
    .brightness = brightness,
    .argmax = dpuv_argmax_avx2,
    .window = {.results = 4, .window = 16},
    .weigh_row = weigh_row,
    .blend_rows = blend_rows,
};

#pragma clang attribute pop
#endif
