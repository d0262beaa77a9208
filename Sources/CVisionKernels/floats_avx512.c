// Between floats and int8 with AVX-512.
#if defined(__x86_64__)
#include "avx512.h"

#pragma clang attribute push(__attribute__((target(DPUV_AVX512_TARGET))), apply_to = function)
#pragma clang fp contract(off)

#define DOWN (_MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)

// All numbers here are doubled: with y = floor(2s), floor(s + 1/2) is exactly (y + 1) >> 1, and s leaves int8 where y
// lies outside -257...254. What a conversion can't hold, and NaN, becomes the lowest integer and so lies outside too.

// Two vectors of doubled numbers as y + 257 in 16 bits: 0...511 where nothing was lost.
INLINE __m512i biased_floors(__m512 a, __m512 b) {
  __m512i floors = _mm512_packs_epi32(_mm512_cvt_roundps_epi32(a, DOWN), _mm512_cvt_roundps_epi32(b, DOWN));
  return _mm512_add_epi16(floors, _mm512_set1_epi16(257));
}

// Writes 64 results, or says that something was lost and writes none.
INLINE bool store_clean(__m512 a, __m512 b, __m512 c, __m512 d, int8_t *out) {
  __m512i low = biased_floors(a, b), high = biased_floors(c, d);
  if (_mm512_test_epi16_mask(_mm512_or_si512(low, high), _mm512_set1_epi16((int16_t)0xFE00))) return false;
  __m512i bytes = _mm512_packus_epi16(_mm512_srli_epi16(low, 1), _mm512_srli_epi16(high, 1));
  // Packing went lane by lane: four results of a, then of b, c and d in each.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  bytes = _mm512_xor_si512(_mm512_permutexvar_epi32(order, bytes), _mm512_set1_epi8((int8_t)0x80));
  _mm512_storeu_si512(out, bytes);
  return true;
}

// Writes up to 16 results, whatever they are, and counts what was lost.
INLINE void store_counting(__m512 value, __m512 doubled, __mmask16 valid, int8_t *out, dpuv_losses *losses) {
  __mmask16 not_a_number = valid & _mm512_fpclass_ps_mask(value, 0x81);
  __mmask16 infinite = valid & _mm512_fpclass_ps_mask(value, 0x18);
  __mmask16 beyond = _mm512_cmp_ps_mask(doubled, _mm512_set1_ps(255), _CMP_GE_OQ)
                     | _mm512_cmp_ps_mask(doubled, _mm512_set1_ps(-257), _CMP_LT_OQ);
  losses->not_a_number += (uint64_t)__builtin_popcount(not_a_number);
  losses->infinite += (uint64_t)__builtin_popcount(infinite);
  losses->saturated += (uint64_t)__builtin_popcount(valid & beyond & ~(not_a_number | infinite));
  __mmask16 number = _mm512_cmp_ps_mask(doubled, doubled, _CMP_ORD_Q);
  __m512 kept = _mm512_max_ps(_mm512_min_ps(doubled, _mm512_set1_ps(255)), _mm512_set1_ps(-257));
  __m512i floors = _mm512_maskz_cvt_roundps_epi32(number, kept, DOWN);
  __m512i rounded = _mm512_srai_epi32(_mm512_add_epi32(floors, _mm512_set1_epi32(1)), 1);
  _mm_mask_storeu_epi8(out, valid, _mm512_cvtsepi32_epi8(rounded));
}

INLINE __mmask16 first_of_16(size_t count) { return (__mmask16)_bzhi_u32(0xFFFF, count < 16 ? (uint32_t)count : 16); }

static __attribute__((noinline)) void quantize_counting(const float *in, int8_t *out, size_t count, __m512 doubling,
                                                        dpuv_losses *losses) {
  dpuv_losses found = {0};  // the compiler keeps these in registers: `losses` might be changed through `out`
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 valid = first_of_16(count - i);
    __m512 value = _mm512_maskz_loadu_ps(valid, in + i);
    store_counting(value, _mm512_mul_ps(value, doubling), valid, out + i, &found);
  }
  add_losses(losses, &found);
}

void dpuv_quantize_avx512(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses) {
  const __m512 doubling = _mm512_set1_ps(2 * scale);
  size_t i = 0;
  for (; count - i >= 64; i += 64) {
    __m512 a = _mm512_mul_ps(_mm512_loadu_ps(in + i), doubling);
    __m512 b = _mm512_mul_ps(_mm512_loadu_ps(in + i + 16), doubling);
    __m512 c = _mm512_mul_ps(_mm512_loadu_ps(in + i + 32), doubling);
    __m512 d = _mm512_mul_ps(_mm512_loadu_ps(in + i + 48), doubling);
    if (!store_clean(a, b, c, d, out + i)) quantize_counting(in + i, out + i, 64, doubling, losses);
  }
  quantize_counting(in + i, out + i, count - i, doubling, losses);
}

// Maps of consecutive elements, doubled; long enough for a block to begin at any channel.
typedef struct {
  _Alignas(64) float factor[DPUV_MOST_CHANNELS + 64], offset[DPUV_MOST_CHANNELS + 64];
  _Alignas(64) float lowest[DPUV_MOST_CHANNELS + 64], highest[DPUV_MOST_CHANNELS + 64];
} pattern;

// The maps of 16 elements.
typedef struct {
  __m512 factor, offset, lowest, highest;
} maps_of_16;

INLINE maps_of_16 load_maps(const pattern *maps, size_t at) {
  return (maps_of_16){_mm512_loadu_ps(maps->factor + at), _mm512_loadu_ps(maps->offset + at),
                      _mm512_loadu_ps(maps->lowest + at), _mm512_loadu_ps(maps->highest + at)};
}

INLINE __m512 map_16(__m512 value, maps_of_16 maps) {
  __m512 result = _mm512_add_ps(_mm512_mul_ps(value, maps.factor), maps.offset);
  // Of two operands one of which is NaN the second counts: NaN stays.
  return _mm512_max_ps(maps.lowest, _mm512_min_ps(maps.highest, result));
}

static __attribute__((noinline)) void mapped_counting(const float *in, int8_t *out, size_t count, const pattern *maps,
                                                      size_t at, dpuv_losses *losses) {
  dpuv_losses found = {0};
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 valid = first_of_16(count - i);
    __m512 value = _mm512_maskz_loadu_ps(valid, in + i);
    store_counting(value, map_16(value, load_maps(maps, at + i)), valid, out + i, &found);
  }
  add_losses(losses, &found);
}

// Whole blocks; `is_constant` says that every vector has the same maps, which then stay in registers.
INLINE size_t mapped_blocks(const float *in, int8_t *out, size_t count, size_t channels, const pattern *maps,
                            const bool is_constant, size_t *at, dpuv_losses *losses) {
  const maps_of_16 constant = load_maps(maps, 0);
  size_t i = 0, step = 64 % channels;
  for (; count - i >= 64; i += 64) {
    __m512 value[4], doubled[4];
    for (int k = 0; k < 4; k++) {
      value[k] = _mm512_loadu_ps(in + i + 16 * k);
      doubled[k] = map_16(value[k], is_constant ? constant : load_maps(maps, *at + 16 * (size_t)k));
    }
    // Nothing times 0 but what is not finite differs from 0: NaN stays in the sum.
    const __m512 zero = _mm512_setzero_ps();
    __m512 sum = _mm512_fmadd_ps(value[0], zero, _mm512_mul_ps(value[1], zero));
    sum = _mm512_add_ps(sum, _mm512_fmadd_ps(value[2], zero, _mm512_mul_ps(value[3], zero)));
    bool is_finite = _mm512_cmp_ps_mask(sum, sum, _CMP_UNORD_Q) == 0;
    if (!is_finite || !store_clean(doubled[0], doubled[1], doubled[2], doubled[3], out + i)) {
      mapped_counting(in + i, out + i, 64, maps, *at, losses);
    }
    *at = *at + step < channels ? *at + step : *at + step - channels;
  }
  return i;
}

void dpuv_quantize_mapped_avx512(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                                 dpuv_losses *losses) {
  pattern doubled;
  for (size_t i = 0, c = 0; i < channels + 64; i++, c = c + 1 < channels ? c + 1 : 0) {
    doubled.factor[i] = 2 * maps[c].factor;
    doubled.offset[i] = 2 * maps[c].offset;
    doubled.lowest[i] = 2 * maps[c].lowest;
    doubled.highest[i] = 2 * maps[c].highest;
  }
  size_t at = 0;
  size_t done = 16 % channels == 0 ? mapped_blocks(in, out, count, channels, &doubled, true, &at, losses)
                                   : mapped_blocks(in, out, count, channels, &doubled, false, &at, losses);
  mapped_counting(in + done, out + done, count - done, &doubled, at, losses);
}

void dpuv_dequantize_avx512(const int8_t *in, float *out, size_t count, float step) {
  const __m512 steps = _mm512_set1_ps(step);
  size_t i = 0;
  for (; count - i >= 16; i += 16) {
    __m512i wide = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(in + i)));
    _mm512_storeu_ps(out + i, _mm512_mul_ps(_mm512_cvtepi32_ps(wide), steps));
  }
  for (; i < count; i++) out[i] = (float)in[i] * step;
}

#pragma clang attribute pop
#endif
