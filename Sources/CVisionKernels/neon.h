// What the files of the NEON set share.
#ifndef DPUV_NEON_H
#define DPUV_NEON_H

#include <arm_neon.h>

#include "scalar.h"

void dpuv_quantize_neon(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses);
void dpuv_quantize_mapped_neon(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                               dpuv_losses *losses);
void dpuv_dequantize_neon(const int8_t *in, float *out, size_t count, float step);
void dpuv_argmax_neon(const int8_t *in, uint8_t *out, size_t pixels, size_t classes);

#endif
