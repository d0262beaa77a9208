// What the files of the AVX2 set share.
#ifndef DPUV_AVX2_H
#define DPUV_AVX2_H

#include <immintrin.h>

#include "scalar.h"

/// The instruction sets that these files are compiled for, to be given to `#pragma clang attribute`.
#define DPUV_AVX2_TARGET "avx2,popcnt"

void dpuv_quantize_avx2(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses);
void dpuv_quantize_mapped_avx2(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                               dpuv_losses *losses);
void dpuv_dequantize_avx2(const int8_t *in, float *out, size_t count, float step);
void dpuv_argmax_avx2(const int8_t *in, uint8_t *out, size_t pixels, size_t classes);

#endif
