// Depthwise convolution for AVX-512 VNNI, 16 channels at a time.
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), \
                             apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define SUMS __m512i
#define WEIGHTS __m512i

enum { LANES = 16 };

INLINE __m512i load_sums(const int32_t *p) { return _mm512_loadu_si512(p); }

INLINE void store_sums(int32_t *p, __m512i sums) { _mm512_storeu_si512(p, sums); }

// Each weight in the low half of 32 bits, zero in the high half: a pair of 16-bit products then is one product.
INLINE __m512i load_weights(const int8_t *p) {
  __m512i wide = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p));
  return _mm512_and_si512(wide, _mm512_set1_epi32(0xFFFF));
}

INLINE __m512i add_taps(__m512i sums, const int8_t *in, __m512i weights) {
  return _mm512_dpwssd_epi32(sums, _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)in)), weights);
}

INLINE void store_finished(int8_t *out, __m512i sums, const dpuk_window_row *r) {
  sums = _mm512_sra_epi32(sums, _mm_cvtsi32_si128(r->shift));
  __m128i bytes = _mm512_cvtsepi32_epi8(sums);
  bytes = _mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8(r->low)), _mm_set1_epi8(r->high));
  _mm_storeu_si128((__m128i *)out, bytes);
}

#include "depthwise_template.h"

// MARK: - Windows of 3x3

// Sixteen channels of three taps, one below the other, as cells: byte k of lane c is tap k of channel c, byte 3 is 0.
INLINE __m512i column(const int8_t *p, ptrdiff_t stride) {
  const __m512i gather = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i transpose = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m512i taps = _mm512_zextsi128_si512(_mm_loadu_si128((const __m128i *)p));
  taps = _mm512_inserti32x4(taps, _mm_loadu_si128((const __m128i *)(p + stride)), 1);
  taps = _mm512_inserti32x4(taps, _mm_loadu_si128((const __m128i *)(p + 2 * stride)), 2);
  return _mm512_shuffle_epi8(_mm512_permutexvar_epi32(gather, taps), transpose);
}

// The same of the input, as unsigned numbers x + 128.
INLINE __m512i flipped_column(const int8_t *p, ptrdiff_t stride) {
  return _mm512_xor_si512(column(p, stride), _mm512_set1_epi8((char)0x80));
}

// A step of 16 channels. A window has three columns; with stride 1 it shares two with the next, with stride 2 one.
INLINE void step_3x3(const dpuk_window_row *r, int32_t channel, const int stride) {
  const int8_t *weights = r->weights + channel;
  const __m512i left = column(weights, r->weight_stride_y);
  const __m512i middle = column(weights + r->weight_stride_x, r->weight_stride_y);
  const __m512i right = column(weights + 2 * r->weight_stride_x, r->weight_stride_y);
  // Take the 128 of every flipped activation off again.
  const __m512i flip = _mm512_set1_epi8((char)0x80);
  __m512i excess = _mm512_dpbusd_epi32(_mm512_setzero_si512(), flip, left);
  excess = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(excess, flip, middle), flip, right);
  const __m512i start = _mm512_sub_epi32(load_sums(r->start + channel), excess);

  const int8_t *in = r->in + channel;
  const ptrdiff_t x = r->in_tap_stride_x, y = r->in_tap_stride_y;
  __m512i a = flipped_column(in, y), b = _mm512_setzero_si512();
  if (stride == 1) b = flipped_column(in + x, y);
  for (int32_t p = 0; p < r->pixels; p++, in += r->in_pixel_stride) {
    if (stride == 0) a = flipped_column(in, y);
    if (stride != 1) b = flipped_column(in + x, y);
    __m512i c = flipped_column(in + 2 * x, y);
    __m512i sums = _mm512_dpbusd_epi32(start, a, left);
    sums = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(sums, b, middle), c, right);
    if (r->sums) {
      store_sums(r->sums + channel + p * r->out_pixel_stride, sums);
    } else {
      store_finished(r->out + channel + p * r->out_pixel_stride, sums, r);
    }
    a = stride == 1 ? b : c;
    b = c;
  }
}

static void row_3x3(const dpuk_window_row *r) {
  for (int32_t channel = 0; channel < r->channels; channel += LANES) {
    int32_t first = channel + LANES <= r->channels ? channel : r->channels - LANES;
    if (r->in_pixel_stride == r->in_tap_stride_x) {
      step_3x3(r, first, 1);
    } else if (r->in_pixel_stride == 2 * r->in_tap_stride_x) {
      step_3x3(r, first, 2);
    } else {
      step_3x3(r, first, 0);
    }
  }
}

void dpuk_depthwise_row_avx512(const dpuk_window_row *row) {
  if (row->channels < LANES) {
    dpuk_depthwise_row_avx2(row);
  } else if (row->taps_y == 3 && row->taps_x == 3) {
    row_3x3(row);
  } else {
    depthwise_row(row);
  }
}

#pragma clang attribute pop

#endif
