// What the functions that everybody calls and the instruction sets know of each other.
#ifndef DPUV_KERNELS_H
#define DPUV_KERNELS_H

#include "CVisionKernels.h"

#define INLINE static inline __attribute__((always_inline))

enum {
  DPUV_BLOCK = 16,        // a resized row is computed in blocks of so many samples
  DPUV_MOST_CHANNELS = 64  // vector kernels take patterns of so many channels
};

/// How the samples of a row are fetched: a group of results comes from one window of source bytes.
typedef struct {
  size_t results;  // in a group; divides DPUV_BLOCK
  size_t window;   // bytes that are read at once
} dpuv_window;

/// The plan of a row along x, for blocks of DPUV_BLOCK samples.
typedef struct {
  size_t blocks;
  const int32_t *starts;    // of the window of each group
  const uint8_t *control;   // for each sample: offset of left in its window, 0x80, offset of right, 0x80
  const int16_t *weights;   // for each sample: of left, of right
} dpuv_row_plan;

/// What every set has. Counts are any; results are exact.
typedef struct {
  void (*quantize)(const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses);
  /// Maps are already multiplied by the scale. Up to DPUV_MOST_CHANNELS channels, in the order of `in`.
  void (*quantize_mapped)(const float *in, int8_t *out, size_t count, size_t channels, const dpuv_affine *maps,
                          dpuv_losses *losses);
  void (*dequantize)(const int8_t *in, float *out, size_t count, float step);
  /// One table for all samples; `line` may be NULL.
  void (*look_up)(const int8_t *table, const dpuv_byte_line *line, const uint8_t *in, int8_t *out, size_t count);
  /// A table for each of 2 to 4 channels; `lines` may be NULL.
  void (*look_up_channels)(const int8_t *tables, const dpuv_byte_line *lines, size_t channels, const uint8_t *in,
                           int8_t *out, size_t pixels);
  void (*reverse_3)(const uint8_t *in, uint8_t *out, size_t pixels);
  void (*spread_3)(const uint8_t *in, uint8_t *out, size_t pixels);
  /// Samples that less `first`, modulo 256, are greater than `span`.
  uint64_t (*count_outside)(const uint8_t *in, size_t count, uint8_t first, uint8_t span);
  void (*brightness)(const uint8_t *in, uint8_t *out, size_t pixels);
  void (*argmax)(const int8_t *in, uint8_t *out, size_t pixels, size_t classes);
  dpuv_window window;  // of `weigh_row`; no results where there is none
  void (*weigh_row)(const dpuv_row_plan *plan, const uint8_t *source, int16_t *row);
  void (*blend_rows)(const int16_t *a, int16_t a_weight, const int16_t *b, int16_t b_weight, uint8_t *out,
                     size_t count);
} dpuv_kernels;

extern const dpuv_kernels dpuv_portable;
#if defined(__x86_64__)
extern const dpuv_kernels dpuv_avx2, dpuv_avx512;
#elif defined(__aarch64__)
extern const dpuv_kernels dpuv_neon;
#endif

/// The kernels of a set; those of the portable one where the processor lacks it.
const dpuv_kernels *dpuv_kernels_for(dpuv_isa isa);

#endif
