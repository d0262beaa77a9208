// Depthwise convolution for AVX2, 8 channels at a time.
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels.h"

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define SUMS __m256i
#define WEIGHTS __m256i

enum { LANES = 8 };

INLINE __m256i load_sums(const int32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

INLINE void store_sums(int32_t *p, __m256i sums) { _mm256_storeu_si256((__m256i *)p, sums); }

// Each weight in the low half of 32 bits, zero in the high half: a pair of 16-bit products then is one product.
INLINE __m256i load_weights(const int8_t *p) {
  return _mm256_and_si256(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)), _mm256_set1_epi32(0xFFFF));
}

INLINE __m256i add_taps(__m256i sums, const int8_t *in, __m256i weights) {
  __m256i wide = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)in));
  return _mm256_add_epi32(sums, _mm256_madd_epi16(wide, weights));
}

INLINE void store_finished(int8_t *out, __m256i sums, const dpuk_window_row *r) {
  sums = _mm256_sra_epi32(sums, _mm_cvtsi32_si128(r->shift));
  __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  __m128i bytes = _mm_packs_epi16(words, words);
  bytes = _mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8(r->low)), _mm_set1_epi8(r->high));
  _mm_storel_epi64((__m128i *)out, bytes);
}

#include "depthwise_template.h"

void dpuk_depthwise_row_avx2(const dpuk_window_row *row) { depthwise_row(row); }

#pragma clang attribute pop

#endif
