// The greatest class of each pixel with AVX2.
#if defined(__x86_64__)
#include "argmax_x86.h"
#include "avx2.h"

#pragma clang attribute push(__attribute__((target(DPUV_AVX2_TARGET))), apply_to = function)

// Up to 8 classes: 32 pixels at a time, 16 in each half of the vectors, each class gathered into a vector of its own.
INLINE void argmax_of_32(const int8_t *in, uint8_t *out, size_t pixels, const size_t classes) {
  uint8_t order[8][8][16];  // of a class from a vector; the upper bit makes a shuffle give 0
  for (size_t c = 0; c < classes; c++) {
    for (size_t k = 0; k < classes; k++) {
      for (size_t p = 0; p < 16; p++) {
        size_t from = p * classes + c;
        order[c][k][p] = from / 16 == k ? (uint8_t)(from % 16) : 0x80;
      }
    }
  }
  size_t p = 0;
  for (; pixels - p >= 32; p += 32) {
    const int8_t *from = in + p * classes;
    __m256i v[8];
    for (size_t k = 0; k < classes; k++) {
      v[k] = _mm256_loadu2_m128i((const __m128i *)(from + 16 * (classes + k)), (const __m128i *)(from + 16 * k));
    }
    __m256i best = _mm256_setzero_si256(), label = _mm256_setzero_si256();
    for (size_t c = 0; c < classes; c++) {
      __m256i scores = _mm256_setzero_si256();
      for (size_t k = 0; k < classes; k++) {
        __m256i sources = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)order[c][k]));
        scores = _mm256_or_si256(scores, _mm256_shuffle_epi8(v[k], sources));
      }
      if (c == 0) {
        best = scores;
      } else {
        // Later classes have greater numbers: the greatest of those that won so far is the last.
        __m256i is_greater = _mm256_cmpgt_epi8(scores, best);
        best = _mm256_max_epi8(scores, best);
        label = _mm256_max_epu8(label, _mm256_and_si256(is_greater, _mm256_set1_epi8((int8_t)c)));
      }
    }
    _mm256_storeu_si256((__m256i *)(out + p), label);
  }
  dpuv_portable.argmax(in + p * classes, out + p, pixels - p, classes);
}

void dpuv_argmax_avx2(const int8_t *in, uint8_t *out, size_t pixels, size_t classes) {
  switch (classes) {
    case 2: argmax_of_32(in, out, pixels, 2); break;
    case 3: argmax_of_32(in, out, pixels, 3); break;
    case 4: argmax_of_32(in, out, pixels, 4); break;
    case 5: argmax_of_32(in, out, pixels, 5); break;
    case 6: argmax_of_32(in, out, pixels, 6); break;
    case 7: argmax_of_32(in, out, pixels, 7); break;
    case 8: argmax_of_32(in, out, pixels, 8); break;
    default: argmax_of_many(in, out, pixels, classes); break;
  }
}

#pragma clang attribute pop
#endif
