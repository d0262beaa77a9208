// What the files of the AVX-512 set share.
#ifndef DPUV_AVX512_H
#define DPUV_AVX512_H

#include <immintrin.h>

#include "scalar.h"

/// The instruction sets that these files are compiled for, to be given to `#pragma clang attribute`.
#define DPUV_AVX512_TARGET "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,bmi2,popcnt"

void dpuv_quantize_avx512(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses);
void dpuv_quantize_mapped_avx512(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                                 dpuv_losses *losses);
void dpuv_dequantize_avx512(const int8_t *in, float *out, size_t count, float step);
void dpuv_argmax_avx512(const int8_t *in, uint8_t *out, size_t pixels, size_t classes);

#endif
