// The greatest class of each pixel with AVX-512.
#if defined(__x86_64__)
#include "avx512.h"
#include "argmax_x86.h"

#pragma clang attribute push(__attribute__((target(DPUV_AVX512_TARGET))), apply_to = function)

// Up to 8 classes: 64 pixels at a time, each class gathered into a vector of its own, two source vectors by each
// permutation.
INLINE void argmax_of_64(const int8_t *in, uint8_t *out, size_t pixels, const size_t classes) {
  const size_t pairs = (classes + 1) / 2;
  uint8_t sources[8][64];
  __mmask64 is_in_pair[8][4] = {{0}};
  for (size_t c = 0; c < classes; c++) {
    for (size_t p = 0; p < 64; p++) {
      size_t from = p * classes + c;
      sources[c][p] = (uint8_t)(from % 128);
      is_in_pair[c][from / 128] |= (__mmask64)1 << p;
    }
  }
  __m512i order[8];
  for (size_t c = 0; c < classes; c++) order[c] = _mm512_loadu_si512(sources[c]);
  for (size_t p = 0; p < pixels; p += 64) {
    size_t some = pixels - p < 64 ? pixels - p : 64, bytes = some * classes;
    const int8_t *from = in + p * classes;
    __m512i v[8] = {0};
    for (size_t k = 0; k < classes; k++) {
      if (some == 64) {
        v[k] = _mm512_loadu_si512(from + 64 * k);
      } else {
        size_t left = bytes < 64 * k ? 0 : bytes - 64 * k;
        v[k] = _mm512_maskz_loadu_epi8(left < 64 ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0, from + 64 * k);
      }
    }
    __m512i best = _mm512_setzero_si512(), label = _mm512_setzero_si512();
    for (size_t c = 0; c < classes; c++) {
      __m512i scores = _mm512_permutex2var_epi8(v[0], order[c], v[1]);
      for (size_t k = 1; k < pairs; k++) {
        __m512i part = 2 * k + 1 < classes ? _mm512_permutex2var_epi8(v[2 * k], order[c], v[2 * k + 1])
                                           : _mm512_permutexvar_epi8(order[c], v[2 * k]);
        scores = _mm512_mask_mov_epi8(scores, is_in_pair[c][k], part);
      }
      if (c == 0) {
        best = scores;
      } else {
        __mmask64 is_greater = _mm512_cmpgt_epi8_mask(scores, best);
        best = _mm512_max_epi8(scores, best);
        label = _mm512_mask_mov_epi8(label, is_greater, _mm512_set1_epi8((int8_t)c));
      }
    }
    __mmask64 valid = some < 64 ? ((__mmask64)1 << some) - 1 : ~(__mmask64)0;
    _mm512_mask_storeu_epi8(out + p, valid, label);
  }
}

void dpuv_argmax_avx512(const int8_t *in, uint8_t *out, size_t pixels, size_t classes) {
  switch (classes) {
    case 2: argmax_of_64(in, out, pixels, 2); break;
    case 3: argmax_of_64(in, out, pixels, 3); break;
    case 4: argmax_of_64(in, out, pixels, 4); break;
    case 5: argmax_of_64(in, out, pixels, 5); break;
    case 6: argmax_of_64(in, out, pixels, 6); break;
    case 7: argmax_of_64(in, out, pixels, 7); break;
    case 8: argmax_of_64(in, out, pixels, 8); break;
    default: argmax_of_many(in, out, pixels, classes); break;
  }
}

#pragma clang attribute pop
#endif
