// What the driver of the kernels and the instruction sets know of each other.
//
// Convolutions put pixels into vector lanes. A row of the input is copied once into scratch memory, the band, as
// planes: a plane holds, for consecutive pixels, a cell of `group` neighbouring channels, and so 16 pixels x 4 channels
// are one vector of AVX-512. One weight cell (the same channels of one tap and one output channel) is broadcast against
// it. So no lane is wasted on few output channels, and every load of either side serves many multiplications.
// An instruction set that wants the tiles the other way round brings its own driver beside dpuk_conv.
#ifndef DPUK_KERNELS_H
#define DPUK_KERNELS_H

#include "CSoftwareKernels.h"

/// Most output channels and pixel vectors of one tile.
enum { DPUK_MAX_BLOCK = 8, DPUK_MAX_VECTORS = 8 };

/// One tile of work: `vectors` pixel vectors times the output channels of one block.
typedef struct {
  const uint8_t *band[DPUK_MAX_VECTORS];  // where each pixel vector starts in the band
  const int32_t *offsets;                 // [groups] from there to the plane of each group
  size_t groups;
  const void *weights;                    // [groups][block] cells
  const int32_t *start;                   // [block] what each sum starts from
  int32_t shift;                          // right shift of the finished sum, 0...30
  int8_t low, high;
  int8_t *out[DPUK_MAX_VECTORS];          // first pixel of each vector, first channel of the block
  int32_t *sums[DPUK_MAX_VECTORS];        // the same for raw sums, which are dense; sums[0] is NULL if out is wanted
  int32_t pixels[DPUK_MAX_VECTORS];       // 1...lanes pixels to write
  ptrdiff_t out_pixel_stride;             // of out or of sums, in elements
} dpuk_tile;

typedef void (*dpuk_tile_function)(const dpuk_tile *tile);

/// A depthwise convolution or a max pool of neighbouring output pixels whose windows have the same taps.
typedef struct {
  const int8_t *in;                // first tap of the first pixel
  ptrdiff_t in_tap_stride_y, in_tap_stride_x, in_pixel_stride;
  int32_t taps_y, taps_x;
  const int8_t *weights;           // first tap; [tap][channels]
  ptrdiff_t weight_stride_y, weight_stride_x;
  const int32_t *start;            // [channels]
  int32_t channels, pixels, shift;
  int8_t low, high;
  int8_t *out;
  int32_t *sums;                   // not NULL: write raw sums instead
  ptrdiff_t out_pixel_stride;      // of out or of sums, in elements
} dpuk_window_row;

/// The kernels that work on channels as they lie in memory.
typedef struct {
  void (*max_row)(const dpuk_window_row *row, int32_t shift);
  void (*add)(const int8_t *const *in, const int32_t *down, int32_t inputs, int32_t shift, int32_t low, int32_t high,
              int8_t *out, size_t count);
  void (*requantize)(const int8_t *in, ptrdiff_t in_stride, int8_t *out, ptrdiff_t out_stride, size_t channels,
                     size_t pixels, int32_t shift);
} dpuk_elements;

/// The convolution kernels of one instruction set.
typedef struct {
  int32_t lanes;                               // pixels of a vector
  int32_t group;                               // channels of a cell
  int32_t width;                               // bytes of one channel in a cell
  uint8_t flip;                                // activations are stored xor this
  int32_t groups_multiple;                     // the number of groups is padded to a multiple of this
  int32_t max_vectors[DPUK_MAX_BLOCK + 1];     // by block size; 0: no such block
  int32_t block_cost[DPUK_MAX_BLOCK + 1];      // relative time of a block per pixel vector
  dpuk_tile_function tiles[DPUK_MAX_BLOCK + 1][DPUK_MAX_VECTORS + 1];
  /// For weights that needs_care finds: where a shorter way could overflow. Both absent if there is no such way.
  dpuk_tile_function careful_tiles[DPUK_MAX_BLOCK + 1][DPUK_MAX_VECTORS + 1];
  bool (*needs_care)(const void *weights, size_t groups, int32_t block);
  /// Copies pixels into planes: cell i of plane g gets channels g*group... of the pixel at in + i*in_pixel_stride.
  void (*pack)(const int8_t *in, ptrdiff_t in_pixel_stride, int32_t channels, int32_t pixels, uint8_t *planes,
               ptrdiff_t plane_stride);
  void (*depthwise_row)(const dpuk_window_row *row);
  const dpuk_elements *elements;
} dpuk_kernels;

extern const dpuk_kernels dpuk_avx2, dpuk_avx512_vnni, dpuk_neon, dpuk_neon_dotprod;
extern const dpuk_elements dpuk_elements_portable, dpuk_elements_avx2, dpuk_elements_avx512;

void dpuk_depthwise_row_avx2(const dpuk_window_row *row);
void dpuk_depthwise_row_avx512(const dpuk_window_row *row);
void dpuk_depthwise_row_neon(const dpuk_window_row *row);

/// The kernels of an instruction set that this processor has, else NULL.
const dpuk_kernels *dpuk_kernels_for(dpuk_isa isa);

/// The element kernels of an instruction set; those of the compiler's baseline where this processor lacks it.
const dpuk_elements *dpuk_elements_for(dpuk_isa isa);

#endif
