// Vectorised int8 kernels of the software DPU, one set per instruction set, chosen at run time.
//
// Everything here is exact: each function gives the same bytes on every instruction set as the portable
// Swift reference in SoftwareDPU. Tensors are int8 NHWC; functions work on one frame and on a range of
// output rows, so that a caller can split a frame over threads.
#ifndef C_SOFTWARE_KERNELS_H
#define C_SOFTWARE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The instruction sets that kernels exist for.
typedef enum {
  DPUK_ISA_NONE = 0,        // no vector kernels on this processor: use the portable reference
  DPUK_ISA_AVX2 = 1,
  DPUK_ISA_AVX512_VNNI = 2,
  DPUK_ISA_NEON = 3,        // ARMv8.0, the level of a Cortex-A53
  DPUK_ISA_NEON_DOTPROD = 4
} dpuk_isa;

/// The best instruction set that this processor and operating system support.
dpuk_isa dpuk_best_isa(void);

/// Whether this processor can run the kernels of an instruction set.
bool dpuk_isa_available(dpuk_isa isa);

/// A stable name for people: "AVX-512 VNNI".
const char *dpuk_isa_name(dpuk_isa isa);

/// A convolution of one frame. Lengths are in elements, which are bytes.
typedef struct {
  int32_t in_height, in_width, in_channels;
  int32_t out_height, out_width, out_channels;
  int32_t kernel_height, kernel_width;
  int32_t stride_y, stride_x;
  int32_t dilation_y, dilation_x;
  int32_t pad_top, pad_left;      // window origin is oy*stride_y - pad_top; outside the input lie zeros; may be negative
  ptrdiff_t in_row_stride, in_pixel_stride;    // input element (y, x, c) stands at y*row + x*pixel + c
  ptrdiff_t out_row_stride, out_pixel_stride;  // output likewise; larger than dense for transposed phases and concat in place
  const int8_t *weights;          // [out_channels][kernel_height][kernel_width][in_channels]; depthwise: [kh][kw][channels]
  const int32_t *bias;            // [out_channels], already shifted to the scale of 2*accumulator
  int32_t shift;                  // 1...31
  int32_t low, high;              // clamp of the result, within -128...127
} dpuk_conv_params;

/// A convolution prepared for an instruction set: packed weights and a choice of tiles. Immutable once made.
typedef struct dpuk_conv dpuk_conv;

/// Prepares a convolution: out = clamp((2*sum(x*w) + bias + 2^(shift-1)) >> shift, low, high), arithmetic shift.
///
/// The caller guarantees that 2*sum(|x*w|) + |bias| + 2^(shift-1) stays below 2^31 for every output channel.
/// `weights` and `bias` are copied. Returns NULL if the instruction set is not available, a parameter is out of
/// range or memory is short.
dpuk_conv *dpuk_conv_create(dpuk_isa isa, const dpuk_conv_params *params);

/// The same for a depthwise convolution with channel multiplier 1 (in_channels == out_channels).
dpuk_conv *dpuk_depthwise_create(dpuk_isa isa, const dpuk_conv_params *params);

/// Frees a prepared convolution; NULL is allowed.
void dpuk_conv_destroy(dpuk_conv *conv);

/// Bytes of scratch memory that one call of dpuk_conv_run needs; each thread brings its own, 64-byte aligned.
size_t dpuk_conv_scratch_size(const dpuk_conv *conv);

/// Bytes of packed weights held.
size_t dpuk_conv_packed_size(const dpuk_conv *conv);

/// Computes the output rows [first_row, end_row) of one frame. Never reads outside the input's rows and never
/// writes outside the output pixels' channels.
void dpuk_conv_run(const dpuk_conv *conv, const int8_t *in, int8_t *out, int32_t first_row, int32_t end_row,
                   void *scratch);

/// The same without the last step: writes the raw sums sum(x*w) as int32, dense [rows][out_width][out_channels],
/// the first row of the range first.
void dpuk_conv_run_sums(const dpuk_conv *conv, const int8_t *in, int32_t *sums, int32_t first_row, int32_t end_row,
                        void *scratch);

// The functions below fall back to the compiler's baseline (SSE2, NEON) where the instruction set is not available.

/// out = clamp(round_half_up((sum_k (4*in_k >> down_k)) / 2^shift), low, high) for 1 to 8 inputs of `count` elements.
/// The shift >> is arithmetic (a floor), down_k is 0...31, shift is -8...31 (negative: multiplies). `out` may be one
/// of the inputs.
void dpuk_eltwise_add(dpuk_isa isa, const int8_t *const *in, const int32_t *down, int32_t inputs, int32_t shift,
                      int32_t low, int32_t high, int8_t *out, size_t count);

/// Rows of `channels` elements moved with their scale: out = saturate(round_half_up(in / 2^shift)), shift -8...31
/// (0 copies). Both strides are from pixel to pixel. `out` may be `in` if the strides are equal.
void dpuk_requantize(dpuk_isa isa, const int8_t *in, ptrdiff_t in_pixel_stride, int8_t *out, ptrdiff_t out_pixel_stride,
                     size_t channels, size_t pixels, int32_t shift);

/// Max pool of one frame, rows [first_row, end_row) of the output; pads never win (a window of pads only gives -128);
/// then requantized by shift (-8...31).
/// Uses the geometry of `params` (weights, bias, shift, low, high unused); in_channels == out_channels.
void dpuk_max_pool(dpuk_isa isa, const dpuk_conv_params *params, int32_t shift, const int8_t *in, int8_t *out,
                   int32_t first_row, int32_t end_row);

/// Tells the processor that the caller is waiting in a loop.
static inline void dpuk_spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

#ifdef __cplusplus
}
#endif

#endif
