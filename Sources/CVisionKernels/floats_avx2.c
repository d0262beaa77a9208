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

void dpuv_quantize_avx2(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses) {
  const __m256 doubling = _mm256_set1_ps(2 * scale);
  size_t i = 0;
  for (; count - i >= 32; i += 32) {
    __m256 a = _mm256_mul_ps(_mm256_loadu_ps(in + i), doubling);
    __m256 b = _mm256_mul_ps(_mm256_loadu_ps(in + i + 8), doubling);
    __m256 c = _mm256_mul_ps(_mm256_loadu_ps(in + i + 16), doubling);
    __m256 d = _mm256_mul_ps(_mm256_loadu_ps(in + i + 24), doubling);
    if (!store_clean(a, b, c, d, out + i)) quantize_counting(in + i, out + i, 32, doubling, losses);
  }
  quantize_counting(in + i, out + i, count - i, doubling, losses);
}

// Maps of consecutive elements, doubled; long enough for a block to begin at any channel.
typedef struct {
  _Alignas(32) float factor[DPUV_MOST_CHANNELS + 32], offset[DPUV_MOST_CHANNELS + 32];
  _Alignas(32) float lowest[DPUV_MOST_CHANNELS + 32], highest[DPUV_MOST_CHANNELS + 32];
} pattern;

// The maps of 8 elements.
typedef struct {
  __m256 factor, offset, lowest, highest;
} maps_of_8;

INLINE maps_of_8 load_maps(const pattern *maps, size_t at) {
  return (maps_of_8){_mm256_loadu_ps(maps->factor + at), _mm256_loadu_ps(maps->offset + at),
                     _mm256_loadu_ps(maps->lowest + at), _mm256_loadu_ps(maps->highest + at)};
}

INLINE __m256 map_8(__m256 value, maps_of_8 maps) {
  __m256 result = _mm256_add_ps(_mm256_mul_ps(value, maps.factor), maps.offset);
  // Of two operands one of which is NaN the second counts: NaN stays.
  return _mm256_max_ps(maps.lowest, _mm256_min_ps(maps.highest, result));
}

static __attribute__((noinline)) void mapped_counting(const float *in, int8_t *out, size_t count, const pattern *maps,
                                                      size_t at, dpuv_losses *losses) {
  dpuv_losses found = {0};
  size_t i = 0;
  for (; count - i >= 8; i += 8) {
    __m256 value = _mm256_loadu_ps(in + i);
    store_counting(value, map_8(value, load_maps(maps, at + i)), 0xFF, out + i, &found);
  }
  if (i < count) {
    float rest[8] = {0};
    int8_t results[8];
    memcpy(rest, in + i, (count - i) * sizeof *rest);
    __m256 value = _mm256_loadu_ps(rest);
    store_counting(value, map_8(value, load_maps(maps, at + i)), (1u << (count - i)) - 1, results, &found);
    memcpy(out + i, results, count - i);
  }
  add_losses(losses, &found);
}

// Whole blocks; `is_constant` says that every vector has the same maps, which then stay in registers.
INLINE size_t mapped_blocks(const float *in, int8_t *out, size_t count, size_t channels, const pattern *maps,
                            const bool is_constant, size_t *at, dpuv_losses *losses) {
  const maps_of_8 constant = load_maps(maps, 0);
  size_t i = 0, step = 32 % channels;
  for (; count - i >= 32; i += 32) {
    __m256 value[4], doubled[4];
    for (int k = 0; k < 4; k++) {
      value[k] = _mm256_loadu_ps(in + i + 8 * k);
      doubled[k] = map_8(value[k], is_constant ? constant : load_maps(maps, *at + 8 * (size_t)k));
    }
    // Nothing less itself but what is not finite differs from 0: NaN stays in the sum.
    __m256 differences = _mm256_add_ps(
        _mm256_add_ps(_mm256_sub_ps(value[0], value[0]), _mm256_sub_ps(value[1], value[1])),
        _mm256_add_ps(_mm256_sub_ps(value[2], value[2]), _mm256_sub_ps(value[3], value[3])));
    bool is_finite = _mm256_movemask_ps(_mm256_cmp_ps(differences, differences, _CMP_UNORD_Q)) == 0;
    if (!is_finite || !store_clean(doubled[0], doubled[1], doubled[2], doubled[3], out + i)) {
      mapped_counting(in + i, out + i, 32, maps, *at, losses);
    }
    *at = *at + step < channels ? *at + step : *at + step - channels;
  }
  return i;
}

void dpuv_quantize_mapped_avx2(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                               dpuv_losses *losses) {
  pattern doubled;
  for (size_t i = 0, c = 0; i < channels + 32; i++, c = c + 1 < channels ? c + 1 : 0) {
    doubled.factor[i] = 2 * maps[c].factor;
    doubled.offset[i] = 2 * maps[c].offset;
    doubled.lowest[i] = 2 * maps[c].lowest;
    doubled.highest[i] = 2 * maps[c].highest;
  }
  size_t at = 0;
  size_t done = 8 % channels == 0 ? mapped_blocks(in, out, count, channels, &doubled, true, &at, losses)
                                  : mapped_blocks(in, out, count, channels, &doubled, false, &at, losses);
  mapped_counting(in + done, out + done, count - done, &doubled, at, losses);
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
