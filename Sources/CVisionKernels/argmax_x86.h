// The greatest of more than 8 classes, one pixel at a time, for both sets of x86-64.
#ifndef DPUV_ARGMAX_X86_H
#define DPUV_ARGMAX_X86_H

#include <immintrin.h>

#include "scalar.h"

#pragma clang attribute push(__attribute__((target("sse4.1"))), apply_to = function)

// Eight scores as 127 - score in the upper byte and their classes in the lower: the least of these unsigned numbers is
// that of the greatest score, and of equal ones that of the lowest class.
INLINE __m128i keys_of_8(const int8_t *scores, __m128i classes) {
  __m128i turned = _mm_xor_si128(_mm_loadl_epi64((const __m128i *)scores), _mm_set1_epi8(0x7F));
  return _mm_or_si128(_mm_unpacklo_epi8(_mm_setzero_si128(), turned), classes);
}

/// - Precondition: 9 to 256 classes.
INLINE void argmax_of_many(const int8_t *in, uint8_t *out, size_t pixels, size_t classes) {
  const __m128i from_0 = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
  // The last eight overlap those before them.
  const __m128i last = _mm_add_epi16(from_0, _mm_set1_epi16((int16_t)(classes - 8)));
  for (size_t p = 0; p < pixels; p++, in += classes) {
    __m128i least = keys_of_8(in + classes - 8, last), these = from_0;
    for (size_t c = 0; c + 8 < classes; c += 8, these = _mm_add_epi16(these, _mm_set1_epi16(8))) {
      least = _mm_min_epu16(least, keys_of_8(in + c, these));
    }
    out[p] = (uint8_t)_mm_cvtsi128_si32(_mm_minpos_epu16(least));
  }
}

#pragma clang attribute pop
#endif
