// A prepared convolution, dense or depthwise, as its driver lays it out.
#ifndef DPUK_CONVOLUTION_H
#define DPUK_CONVOLUTION_H

#include "kernels.h"

/// A run of output channels that one tile computes together.
typedef struct {
  int32_t first_channel, channels;
  size_t weights;  // byte offset of its packed weights
  bool careful;    // takes the careful tiles
} dpuk_block;

/// Columns of the input that share one set of planes: cell i holds column `first_column` + i * stride.
typedef struct {
  int64_t first_column;
} dpuk_phase;

struct dpuk_conv {
  const dpuk_kernels *kernels;
  dpuk_conv_params params;  // without weights and bias
  bool depthwise;

  // Packed constants, all in one allocation behind `constants`.
  void *constants;
  size_t packed_size;
  uint8_t *weights;         // dense: [block][group][channel of block] cells; depthwise: [tap][channel]
  int32_t *start;           // [out_channels] bias and rounding, on the scale of the sums
  int32_t *sums_start;      // [out_channels] only what the flipped activations need
  int32_t *offsets;         // [groups] plane of each group, relative to a pixel of the band
  dpuk_block *blocks;
  dpuk_phase *phases;
  int32_t block_count, phase_count;
  size_t groups;

  // The band: `slots` rows of input for `block_rows` rows of output.
  bool runs;                // cells hold the bytes of a whole window row instead of channels of one pixel
  int32_t block_rows;
  int64_t slots;
  int64_t slot_step, slot_tap_step;  // slots between output rows, between taps
  bool slots_are_rows;      // consecutive slots are consecutive input rows, else each output row has its own
  size_t plane_stride, phase_stride, slot_stride;  // bytes
  int32_t plane_cells;      // cells that windows reach
  int32_t planes_of_phase;
  size_t line_stride, line_bytes;    // one padded input row, for `runs`
  size_t scratch_size;
};

#endif
