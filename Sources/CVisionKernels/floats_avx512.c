// Between floats and int8 with AVX-512.
#if defined(__x86_64__)
#include <math.h>

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

// The blocks from the first on until one loses something; returns how many elements they have. Nothing is called in here.
INLINE size_t clean_blocks(const float *in, int8_t *out, size_t count, __m512 doubling) {
  size_t i = 0;
  for (; count - i >= 64; i += 64) {
    __m512 a = _mm512_mul_ps(_mm512_loadu_ps(in + i), doubling);
    __m512 b = _mm512_mul_ps(_mm512_loadu_ps(in + i + 16), doubling);
    __m512 c = _mm512_mul_ps(_mm512_loadu_ps(in + i + 32), doubling);
    __m512 d = _mm512_mul_ps(_mm512_loadu_ps(in + i + 48), doubling);
    if (!store_clean(a, b, c, d, out + i)) break;
  }
  return i;
}

void dpuv_quantize_avx512(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses) {
  const __m512 doubling = _mm512_set1_ps(2 * scale);
  for (size_t i = 0; i < count;) {
    i += clean_blocks(in + i, out + i, count - i, doubling);
    size_t rest = count - i < 64 ? count - i : 64;
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
  _Alignas(64) float factor[DPUV_MOST_CHANNELS][16], offset[DPUV_MOST_CHANNELS][16];
  _Alignas(64) float lowest[DPUV_MOST_CHANNELS][16], highest[DPUV_MOST_CHANNELS][16];
  _Alignas(64) int8_t least[DPUV_MOST_CHANNELS][64], most[DPUV_MOST_CHANNELS][64];  // results of a block, if clamped
  size_t next[DPUV_MOST_CHANNELS];  // the channel 16 elements later
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
    for (size_t i = 0, c = first; i < 64; i++, c = c + 1 < channels ? c + 1 : 0) {
      if (i < 16) {
        p->factor[first][i] = 2 * maps[c].factor;
        p->offset[first][i] = 2 * maps[c].offset;
        p->lowest[first][i] = 2 * maps[c].lowest;
        p->highest[first][i] = 2 * maps[c].highest;
      }
      p->least[first][i] = least[c];
      p->most[first][i] = most[c];
    }
    p->next[first] = (first + 16) % channels;
  }
  p->kind = is_open ? OPEN : is_clamped ? CLAMPED : GENERAL;
}

// Of 16 elements, to stay in registers.
typedef struct {
  __m512 factor, offset;
} lines;

INLINE lines load_lines(const pattern *p, size_t channel) {
  return (lines){_mm512_load_ps(p->factor[channel]), _mm512_load_ps(p->offset[channel])};
}

INLINE __m512 map_16(__m512 value, lines l) { return _mm512_add_ps(_mm512_mul_ps(value, l.factor), l.offset); }

// Of two operands one of which is NaN the second counts: NaN stays.
INLINE __m512 clamp_16(__m512 mapped, const pattern *p, size_t channel) {
  return _mm512_max_ps(_mm512_load_ps(p->lowest[channel]), _mm512_min_ps(_mm512_load_ps(p->highest[channel]), mapped));
}

static __attribute__((noinline)) void mapped_counting(const float *in, int8_t *out, size_t count, const pattern *p,
                                                      size_t channel, dpuv_losses *losses) {
  dpuv_losses found = {0};
  for (size_t i = 0; i < count; i += 16, channel = p->next[channel]) {
    __mmask16 valid = first_of_16(count - i);
    __m512 value = _mm512_maskz_loadu_ps(valid, in + i);
    store_counting(value, clamp_16(map_16(value, load_lines(p, channel)), p, channel), valid, out + i, &found);
  }
  add_losses(losses, &found);
}

// Writes 64 results and clamps them then, or says that something was not finite, or far out, and writes none.
INLINE bool store_clamped(const __m512 *doubled, const pattern *p, size_t channel, int8_t *out) {
  __m512i low = _mm512_packs_epi32(_mm512_cvt_roundps_epi32(doubled[0], DOWN), _mm512_cvt_roundps_epi32(doubled[1], DOWN));
  __m512i high = _mm512_packs_epi32(_mm512_cvt_roundps_epi32(doubled[2], DOWN), _mm512_cvt_roundps_epi32(doubled[3], DOWN));
  // What can't be converted is the lowest integer.
  if (_mm512_cmpeq_epi16_mask(_mm512_min_epi16(low, high), _mm512_set1_epi16(INT16_MIN))) return false;
  // The product with 1/2 in 15 binary places, rounded half up, is (y + 1) >> 1.
  const __m512i half = _mm512_set1_epi16(1 << 14);
  __m512i bytes = _mm512_packs_epi16(_mm512_mulhrs_epi16(low, half), _mm512_mulhrs_epi16(high, half));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  bytes = _mm512_min_epi8(_mm512_permutexvar_epi32(order, bytes), _mm512_load_si512(p->most[channel]));
  _mm512_storeu_si512(out, _mm512_max_epi8(bytes, _mm512_load_si512(p->least[channel])));
  return true;
}

INLINE bool store_finite(const __m512 *value, const __m512 *doubled, int8_t *out) {
  // Nothing times 0 but what is not finite differs from 0: NaN stays in the sum.
  const __m512 zero = _mm512_setzero_ps();
  __m512 sum = _mm512_fmadd_ps(value[0], zero, _mm512_mul_ps(value[1], zero));
  sum = _mm512_add_ps(sum, _mm512_fmadd_ps(value[2], zero, _mm512_mul_ps(value[3], zero)));
  if (_mm512_cmp_ps_mask(sum, sum, _CMP_UNORD_Q)) return false;
  return store_clean(doubled[0], doubled[1], doubled[2], doubled[3], out);
}

// One block; says whether it was written.
INLINE bool mapped_block(const float *in, int8_t *out, const pattern *p, const clamping kind, const lines *l,
                         const size_t *channels) {
  __m512 value[4], doubled[4];
  for (int k = 0; k < 4; k++) {
    value[k] = _mm512_loadu_ps(in + 16 * k);
    doubled[k] = map_16(value[k], l[k]);
    if (kind == GENERAL) doubled[k] = clamp_16(doubled[k], p, channels[k]);
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
  for (; count - i >= 64; i += 64) {
    lines l[4];
    size_t channels[4];
    for (size_t k = 0; k < 4; k++) {
      channels[k] = is_constant ? 0 : channel;
      l[k] = load_lines(p, channels[k]);
      if (!is_constant) channel = p->next[channel];
    }
    if (!mapped_block(in + i, out + i, p, kind, l, channels)) break;
  }
  return i;
}

// The same for threes of blocks of three channels: of each vector the first channel is one further.
INLINE size_t clean_threes(const float *in, int8_t *out, size_t count, const pattern *p, const clamping kind) {
  const lines kept[3] = {load_lines(p, 0), load_lines(p, 1), load_lines(p, 2)};
  size_t i = 0;
  for (bool is_clean = true; count - i >= 192; i += 192) {
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 3; k++) {
      const size_t channels[4] = {k, (k + 1) % 3, (k + 2) % 3, k};
      const lines l[4] = {kept[channels[0]], kept[channels[1]], kept[channels[2]], kept[channels[3]]};
      is_clean &= mapped_block(in + i + 64 * k, out + i + 64 * k, p, kind, l, channels);
    }
    if (!is_clean) break;
  }
  return i;
}

INLINE void quantize_mapped(const float *in, int8_t *out, size_t count, size_t channels, const pattern *p,
                            const clamping kind, dpuv_losses *losses) {
  for (size_t i = 0; i < count;) {
    i += channels == 3        ? clean_threes(in + i, out + i, count - i, p, kind)
         : 16 % channels == 0 ? clean_mapped(in + i, out + i, count - i, 0, p, kind, true)
                              : clean_mapped(in + i, out + i, count - i, i % channels, p, kind, false);
    size_t most = channels == 3 ? 192 : 64, rest = count - i < most ? count - i : most;
    mapped_counting(in + i, out + i, rest, p, i % channels, losses);
    i += rest;
  }
}

void dpuv_quantize_mapped_avx512(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                                 dpuv_losses *losses) {
  pattern p;
  make_pattern(&p, maps, channels);
  switch (p.kind) {
    case OPEN: return quantize_mapped(in, out, count, channels, &p, OPEN, losses);
    case CLAMPED: return quantize_mapped(in, out, count, channels, &p, CLAMPED, losses);
    case GENERAL: return quantize_mapped(in, out, count, channels, &p, GENERAL, losses);
  }
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
