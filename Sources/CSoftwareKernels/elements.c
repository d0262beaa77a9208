// The entry points of the kernels that work element by element.
#include "kernels.h"

void dpuk_eltwise_add(dpuk_isa isa, const int8_t *const *in, const int32_t *down, int32_t inputs, int32_t shift,
                      int32_t low, int32_t high, int8_t *out, size_t count) {
  dpuk_elements_for(isa)->add(in, down, inputs, shift, low, high, out, count);
}

void dpuk_requantize(dpuk_isa isa, const int8_t *in, ptrdiff_t in_pixel_stride, int8_t *out, ptrdiff_t out_pixel_stride,
                     size_t channels, size_t pixels, int32_t shift) {
  dpuk_elements_for(isa)->requantize(in, in_pixel_stride, out, out_pixel_stride, channels, pixels, shift);
}
