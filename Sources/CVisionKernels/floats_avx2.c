// Between floats and int8 with AVX2.
#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "avx2.h"

#pragma clang attribute push(__attribute__((target(DPUV_AVX2_TARGET))), apply_to = function)
#pragma clang fp contract(off)

// All numbers here are doubled: with y = floor(2s), floor(s + 1/2) is exactly (y + 1) >> 1, and s leaves int8 where y
// lies outside -257...254. What a conversion can't hold, and NaN, becomes the lowest integer and so lies outside too.

// Two vectors of doubled numbers as y + 257 in 16 bits: 0...511 where nothing was lost.
INLINE __m256i biased_floors(__m256 a, __m256 b) {
  __m256i floors = _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_floor_ps(a)), _mm256_cvtps_epi32(_mm256_floor_ps(b)));
  return _mm256_add_epi16(floors, _mm256_set1_epi16(257));
}

// Writes 32 results, or says that something was lost and writes none.
INLINE bool store_clean(__m256 a, __m256 b, __m256 c, __m256 d, int8_t *out) {
  __m256i low = biased_floors(a, b), high = biased_floors(c, d);
  if (!_mm256_testz_si256(_mm256_or_si256(low, high), _mm256_set1_epi16((int16_t)0xFE00))) return false;
  __m256i bytes = _mm256_packus_epi16(_mm256_srli_epi16(low, 1), _mm256_srli_epi16(high, 1));
  // Packing went lane by lane: four results of a, then of b, c and d in each.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  bytes = _mm256_xor_si256(_mm256_permutevar8x32_epi32(bytes, order), _mm256_set1_epi8((int8_t)0x80));
  _mm256_storeu_si256((__m256i *)out, bytes);
  return true;
}

INLINE uint64_t ones(__m256 mask, unsigned valid) {
  return (uint64_t)__builtin_popcount((unsigned)_mm256_movemask_ps(mask) & valid);
}

// Writes 8 results, whatever they are, and counts what was lost among the valid ones.
INLINE void store_counting(__m256 value, __m256 doubled, unsigned valid, int8_t *out, dpuv_losses *losses) {
  __m256 magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), value);
  __m256 not_a_number = _mm256_cmp_ps(value, value, _CMP_UNORD_Q);
  __m256 infinite = _mm256_cmp_ps(magnitude, _mm256_set1_ps(INFINITY), _CMP_EQ_OQ);
  __m256 beyond = _mm256_or_ps(_mm256_cmp_ps(doubled, _mm256_set1_ps(255), _CMP_GE_OQ),
                               _mm256_cmp_ps(doubled, _mm256_set1_ps(-257), _CMP_LT_OQ));
  losses->not_a_number += ones(not_a_number, valid);
  losses->infinite += ones(infinite, valid);
  losses->saturated += ones(_mm256_andnot_ps(_mm256_or_ps(not_a_number, infinite), beyond), valid);
  __m256 number = _mm256_and_ps(doubled, _mm256_cmp_ps(doubled, doubled, _CMP_ORD_Q));
  __m256 kept = _mm256_max_ps(_mm256_min_ps(number, _mm256_set1_ps(255)), _mm256_set1_ps(-257));
  __m256i floors = _mm256_cvtps_epi32(_mm256_floor_ps(kept));
  __m256i rounded = _mm256_srai_epi32(_mm256_add_epi32(floors, _mm256_set1_epi32(1)), 1);
  __m256i words = _mm256_packs_epi32(rounded, rounded);
  __m256i bytes = _mm256_packs_epi16(words, words);
  __m128i eight = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
  _mm_storel_epi64((__m128i *)out, eight);
}

static __attribute__((noinline)) void quantize_counting(const float *in, int8_t *out, size_t count, __m256 doubling,
                                                        dpuv_losses *losses) {
  dpuv_losses found = {0};  // the compiler keeps these in registers: `losses` might be changed through `out`
  size_t i = 0;
  for (; count - i >= 8; i += 8) {
    __m256 value = _mm256_loadu_ps(in + i);
    store_counting(value, _mm256_mul_ps(value, doubling), 0xFF, out + i, &found);
  }
  if (i < count) {
    float rest[8] = {0};
    int8_t results[8];
    memcpy(rest, in + i, (count - i) * sizeof *rest);
    __m256 value = _mm256_loadu_ps(rest);
    store_counting(value, _mm256_mul_ps(value, doubling), (1u << (count - i)) - 1, results, &found);
    memcpy(out + i, results, count - i);
  }
  add_losses(losses, &found);
}

// The blocks from the first on until one loses something; returns how many elements they have. Nothing is called in here.
INLINE size_t clean_blocks(const float *in, int8_t *out, size_t count, __m256 doubling) {
  size_t i = 0;
  for (; count - i >= 32; i += 32) {
    __m256 a = _mm256_mul_ps(_mm256_loadu_ps(in + i), doubling);
    __m256 b = _mm256_mul_ps(_mm256_loadu_ps(in + i + 8), doubling);
    __m256 c = _mm256_mul_ps(_mm256_loadu_ps(in + i + 16), doubling);
    __m256 d = _mm256_mul_ps(_mm256_loadu_ps(in + i + 24), doubling);
    if (!store_clean(a, b, c, d, out + i)) break;
  }
  return i;
}

void dpuv_quantize_avx2(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses) {
  const __m256 doubling = _mm256_set1_ps(2 * scale);
  for (size_t i = 0; i < count;) {
    i += clean_blocks(in + i, out + i, count - i, doubling);
    size_t rest = count - i < 32 ? count - i : 32;
    quantize_counting(in + i, out + i, rest, doubling, losses);
    i += rest;
  }
}

// What a map does, as far as the kernels tell it apart.
typedef enum {
  OPEN,     // no clamping: what is not finite leaves the range of itself
  CLAMPED,  // to numbers within int8: only what is not finite is lost
  GENERAL
} clamping;

// The maps, doubled, for vectors that begin at each channel.
typedef struct {
  _Alignas(32) float factor[DPUV_MOST_CHANNELS][8], offset[DPUV_MOST_CHANNELS][8];
  _Alignas(32) float lowest[DPUV_MOST_CHANNELS][8], highest[DPUV_MOST_CHANNELS][8];
  _Alignas(32) int8_t least[DPUV_MOST_CHANNELS][32], most[DPUV_MOST_CHANNELS][32];  // results of a block, if clamped
  size_t next[DPUV_MOST_CHANNELS];  // the channel 8 elements later
  clamping kind;
} pattern;

static void make_pattern(pattern *p, const dpuv_affine *maps, size_t channels) {
  bool is_open = true, is_clamped = true;
  int8_t least[DPUV_MOST_CHANNELS], most[DPUV_MOST_CHANNELS];
  for (size_t c = 0; c < channels; c++) {
    least[c] = rounded_end(maps[c].lowest);
    most[c] = rounded_end(maps[c].highest);
    is_open = is_open && maps[c].lowest == -INFINITY && maps[c].highest == INFINITY;
    is_clamped = is_clamped && maps[c].lowest >= -128.5f && maps[c].highest < 127.5f;
  }
  for (size_t first = 0; first < channels; first++) {
    for (size_t i = 0, c = first; i < 32; i++, c = c + 1 < channels ? c + 1 : 0) {
      if (i < 8) {
        p->factor[first][i] = 2 * maps[c].factor;
        p->offset[first][i] = 2 * maps[c].offset;
        p->lowest[first][i] = 2 * maps[c].lowest;
        p->highest[first][i] = 2 * maps[c].highest;
      }
      p->least[first][i] = least[c];
      p->most[first][i] = most[c];
    }
    p->next[first] = (first + 8) % channels;
  }
  p->kind = is_open ? OPEN : is_clamped ? CLAMPED : GENERAL;
}

INLINE __m256 map_8(__m256 value, const pattern *p, size_t channel) {
  return _mm256_add_ps(_mm256_mul_ps(value, _mm256_load_ps(p->factor[channel])), _mm256_load_ps(p->offset[channel]));
}

// Of two operands one of which is NaN the second counts: NaN stays.
INLINE __m256 clamp_8(__m256 mapped, const pattern *p, size_t channel) {
  return _mm256_max_ps(_mm256_load_ps(p->lowest[channel]), _mm256_min_ps(_mm256_load_ps(p->highest[channel]), mapped));
}

static __attribute__((noinline)) void mapped_counting(const float *in, int8_t *out, size_t count, const pattern *p,
                                                      size_t channel, dpuv_losses *losses) {
  dpuv_losses found = {0};
  size_t i = 0;
  for (; count - i >= 8; i += 8, channel = p->next[channel]) {
    __m256 value = _mm256_loadu_ps(in + i);
    store_counting(value, clamp_8(map_8(value, p, channel), p, channel), 0xFF, out + i, &found);
  }
  if (i < count) {
    float rest[8] = {0};
    int8_t results[8];
    memcpy(rest, in + i, (count - i) * sizeof *rest);
    __m256 value = _mm256_loadu_ps(rest);
    store_counting(value, clamp_8(map_8(value, p, channel), p, channel), (1u << (count - i)) - 1, results, &found);
    memcpy(out + i, results, count - i);
  }
  add_losses(losses, &found);
}

INLINE __m256i floors(__m256 a, __m256 b) {
  return _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_floor_ps(a)), _mm256_cvtps_epi32(_mm256_floor_ps(b)));
}

// Writes 32 results and clamps them then, or says that something was not finite, or far out, and writes none.
INLINE bool store_clamped(const __m256 *doubled, const pattern *p, size_t channel, int8_t *out) {
  __m256i low = floors(doubled[0], doubled[1]), high = floors(doubled[2], doubled[3]);
  // What can't be converted is the lowest integer.
  __m256i is_lowest = _mm256_cmpeq_epi16(_mm256_min_epi16(low, high), _mm256_set1_epi16(INT16_MIN));
  if (_mm256_movemask_epi8(is_lowest)) return false;
  // The product with 1/2 in 15 binary places, rounded half up, is (y + 1) >> 1.
  const __m256i half = _mm256_set1_epi16(1 << 14), order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  __m256i bytes = _mm256_packs_epi16(_mm256_mulhrs_epi16(low, half), _mm256_mulhrs_epi16(high, half));
  bytes = _mm256_permutevar8x32_epi32(bytes, order);
  bytes = _mm256_min_epi8(bytes, _mm256_load_si256((const __m256i *)p->most[channel]));
  bytes = _mm256_max_epi8(bytes, _mm256_load_si256((const __m256i *)p->least[channel]));
  _mm256_storeu_si256((__m256i *)out, bytes);
  return true;
}

INLINE bool store_finite(const __m256 *value, const __m256 *doubled, int8_t *out) {
  // Nothing less itself but what is not finite differs from 0: NaN stays in the sum.
  __m256 differences = _mm256_add_ps(
      _mm256_add_ps(_mm256_sub_ps(value[0], value[0]), _mm256_sub_ps(value[1], value[1])),
      _mm256_add_ps(_mm256_sub_ps(value[2], value[2]), _mm256_sub_ps(value[3], value[3])));
  if (_mm256_movemask_ps(_mm256_cmp_ps(differences, differences, _CMP_UNORD_Q))) return false;
  return store_clean(doubled[0], doubled[1], doubled[2], doubled[3], out);
}

// One block; says whether it was written. `channels` says where each vector begins.
INLINE bool mapped_block(const float *in, int8_t *out, const pattern *p, const clamping kind, const size_t *channels) {
  __m256 value[4], doubled[4];
  for (int k = 0; k < 4; k++) {
    value[k] = _mm256_loadu_ps(in + 8 * k);
    doubled[k] = map_8(value[k], p, channels[k]);
    if (kind == GENERAL) doubled[k] = clamp_8(doubled[k], p, channels[k]);
  }
  switch (kind) {
    case OPEN: return store_clean(doubled[0], doubled[1], doubled[2], doubled[3], out);
    case CLAMPED: return store_clamped(doubled, p, channels[0], out);
    case GENERAL: return store_finite(value, doubled, out);
  }
}

// The same through the maps, whose registers a call would take. `is_constant` says that every vector begins at channel 0.
INLINE size_t clean_mapped(const float *in, int8_t *out, size_t count, size_t channel, const pattern *p,
                           const clamping kind, const bool is_constant) {
  size_t i = 0;
  for (; count - i >= 32; i += 32) {
    size_t channels[4];
    for (size_t k = 0; k < 4; k++) {
      channels[k] = is_constant ? 0 : channel;
      if (!is_constant) channel = p->next[channel];
    }
    if (!mapped_block(in + i, out + i, p, kind, channels)) break;
  }
  return i;
}

// The same for threes of blocks of three channels: of each vector the first channel is two further.
INLINE size_t clean_threes(const float *in, int8_t *out, size_t count, const pattern *p, const clamping kind) {
  size_t i = 0;
  for (bool is_clean = true; count - i >= 96; i += 96) {
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 3; k++) {
      const size_t channels[4] = {2 * k % 3, (2 * k + 2) % 3, (2 * k + 1) % 3, 2 * k % 3};
      is_clean &= mapped_block(in + i + 32 * k, out + i + 32 * k, p, kind, channels);
    }
    if (!is_clean) break;
  }
  return i;
}

INLINE void quantize_mapped(const float *in, int8_t *out, size_t count, size_t channels, const pattern *p,
                            const clamping kind, dpuv_losses *losses) {
  for (size_t i = 0; i < count;) {
    i += channels == 3       ? clean_threes(in + i, out + i, count - i, p, kind)
         : 8 % channels == 0 ? clean_mapped(in + i, out + i, count - i, 0, p, kind, true)
                             : clean_mapped(in + i, out + i, count - i, i % channels, p, kind, false);
    size_t most = channels == 3 ? 96 : 32, rest = count - i < most ? count - i : most;
    mapped_counting(in + i, out + i, rest, p, i % channels, losses);
    i += rest;
  }
}

void dpuv_quantize_mapped_avx2(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                               dpuv_losses *losses) {
  pattern p;
  make_pattern(&p, maps, channels);
  switch (p.kind) {
    case OPEN: return quantize_mapped(in, out, count, channels, &p, OPEN, losses);
    case CLAMPED: return quantize_mapped(in, out, count, channels, &p, CLAMPED, losses);
    case GENERAL: return quantize_mapped(in, out, count, channels, &p, GENERAL, losses);
  }
}

void dpuv_dequantize_avx2(const int8_t *in, float *out, size_t count, float step) {
  const __m256 steps = _mm256_set1_ps(step);
  size_t i = 0;
  for (; count - i >= 8; i += 8) {
    __m256i wide = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(in + i)));
    _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_cvtepi32_ps(wide), steps));
  }
  for (; i < count; i++) out[i] = (float)in[i] * step;
}

#pragma clang attribute pop
#endif
