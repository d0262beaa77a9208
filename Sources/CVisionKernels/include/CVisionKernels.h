// Vectorised conversions between pictures, arrays and a DPU's int8 tensors, one set per instruction set, chosen at run time.
//
// Everything here is exact: each function gives the same bytes and counts on every instruction set, those of the portable
// set. Pointers need no alignment; input and output must not overlap. Nothing is read or written beyond the counts given.
#ifndef C_VISION_KERNELS_H
#define C_VISION_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The instruction sets that kernels exist for.
typedef enum {
  DPUV_ISA_PORTABLE = 0,  // plain C, on every processor
  DPUV_ISA_AVX2 = 1,
  DPUV_ISA_AVX512 = 2,    // with byte permutations (VBMI)
  DPUV_ISA_NEON = 3       // ARMv8.0, the level of a Cortex-A53
} dpuv_isa;

/// The best instruction set that this processor and operating system support.
dpuv_isa dpuv_best_isa(void);

/// Whether this processor can run the kernels of an instruction set.
bool dpuv_isa_available(dpuv_isa isa);

/// A stable name for people: "AVX-512 VBMI".
const char *dpuv_isa_name(dpuv_isa isa);

/// What was lost on the way to int8; each element is counted at most once.
typedef struct {
  uint64_t saturated;     // finite values whose result lies beyond int8
  uint64_t not_a_number;  // they become 0
  uint64_t infinite;
} dpuv_losses;

/// clamp(value * factor + offset, lowest, highest), in single precision, each step rounded.
typedef struct {
  float factor, offset, lowest, highest;
} dpuv_affine;

/// out = saturate(floor(in * scale + 1/2)), the sum exact; NaN becomes 0. Adds to `losses`.
void dpuv_quantize(dpuv_isa isa, const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses);

/// The same for values that a map of their channel changes first: out[p][c] is the quantized map[c](in[p][c]).
///
/// Infinite values count as such, wherever the map brings them; infinity times 0 becomes 0. `reversed` says that the
/// channels of `out` stand in reverse order; the maps are in the order of `out`.
void dpuv_quantize_mapped(dpuv_isa isa, const float *in, int8_t *out, size_t pixels, size_t channels,
                          const dpuv_affine *maps, bool reversed, float scale, dpuv_losses *losses);

/// out = in * step.
void dpuv_dequantize(dpuv_isa isa, const int8_t *in, float *out, size_t count, float step);

/// A table as arithmetic: clamp(floor(sample * factor + offset), lowest, highest), in single precision.
typedef struct {
  float factor, offset;
  int32_t lowest, highest;
} dpuv_byte_line;

/// Finds the arithmetic that gives every entry of a table; `false` where this one does not.
///
/// `factor` and `offset` are those of the exact line; the half of rounding is added here.
bool dpuv_find_byte_line(const int8_t table[256], float factor, float offset, dpuv_byte_line *line);

/// Which byte of a source pixel goes into each channel.
typedef enum {
  DPUV_ORDER_SAME = 0,      // channel c of the source
  DPUV_ORDER_REVERSED = 1,  // three channels, the last first
  DPUV_ORDER_SPREAD = 2     // the one channel of the source goes to all three
} dpuv_order;

/// What 8-bit samples become.
typedef struct {
  size_t channels;              // of the output
  dpuv_order order;
  bool is_uniform;              // all channels have the table of channel 0
  const int8_t *tables;         // [channels][256]
  const dpuv_byte_line *lines;  // [channels], or NULL where a table is none
} dpuv_byte_map;

/// Sends each sample through the table of its channel.
void dpuv_map_bytes(dpuv_isa isa, const dpuv_byte_map *map, const uint8_t *in, int8_t *out, size_t pixels);

/// How many samples lie outside first...last; all, if first is the greater.
uint64_t dpuv_count_outside(dpuv_isa isa, const uint8_t *in, size_t count, uint8_t first, uint8_t last);

/// The brightness of red, green and blue: (19595 r + 38470 g + 7471 b + 32768) >> 16.
void dpuv_brightness(dpuv_isa isa, const uint8_t *in, uint8_t *out, size_t pixels);

/// The index of the greatest of 1 to 256 classes of each pixel; ties go to the lowest.
void dpuv_argmax(dpuv_isa isa, const int8_t *in, uint8_t *out, size_t pixels, size_t classes);

/// For each position of a target axis: the two source positions, and their weights in 2048ths.
typedef struct {
  int32_t source, target;  // extents
  const int32_t *first, *second;
  const int16_t *first_weight, *second_weight;  // at most 2048 each, 2049 together
} dpuv_axis;

/// A planned bilinear resize with rows of its own: used by one thread at a time.
typedef struct dpuv_resize dpuv_resize;

/// Plans a resize; the axes are copied. NULL if the instruction set is not available or memory is short.
dpuv_resize *dpuv_resize_create(dpuv_isa isa, const dpuv_axis *columns, const dpuv_axis *rows, size_t channels);

/// Frees a plan; NULL is allowed.
void dpuv_resize_destroy(dpuv_resize *resize);

/// Begins a new source picture: rows of the one before are forgotten.
void dpuv_resize_begin(dpuv_resize *resize);

/// Computes one target row: along x into a = (w0 * left + w1 * right) >> 4, then along y into
/// (((w0 * a) >> 16) + ((w1 * b) >> 16) + 2) >> 2. Neighbouring rows in order share their work.
void dpuv_resize_row(dpuv_resize *resize, const uint8_t *source, size_t row, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
