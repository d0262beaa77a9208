// Inner loops of the simulated DPU: sums of products over cells of 16 channels.
//
// A cell is one bank row: 16 bytes, one for each channel. All of these functions only add and multiply; what they leave in
// 32-bit sums is rounded elsewhere. Sums wrap modulo 2^32 on the way, so that only the final sum has to fit.
#ifndef CSIMULATED_KERNELS_H
#define CSIMULATED_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Output channels of a convolution, and channels of a cell.
enum { DPUS_LANES = 16 };

typedef enum {
  DPUS_ISA_PORTABLE = 0,
  DPUS_ISA_AVX2 = 1,
  DPUS_ISA_AVX512_VNNI = 2,
  DPUS_ISA_NEON = 3,
  DPUS_ISA_NEON_DOTPROD = 4,
} dpus_isa;

// One row of outputs of a convolution.
typedef struct {
  const uint8_t *window;  // first cell of the first window row; each byte is 128 more than the value it stands for
  ptrdiff_t row_stride;   // bytes from one window row to the next
  int32_t rows;           // window rows under the kernel
  int32_t run;            // neighbouring cells of a window row under the kernel
  int32_t quads;          // quads of 4 channels of a cell that are used, 1...4
  ptrdiff_t step;         // bytes from the window of one output to that of the next
  int32_t outputs;        // at least 1
  const void *weights;    // as prepared: [rows][run] cells
  const int32_t *start;   // [16] as prepared
  int32_t *sums;          // [outputs][16]
} dpus_conv_row;

// Kernels for one instruction set.
typedef struct {
  // Bytes of scratch memory that prepare needs for each cell.
  size_t prepared_cell_size;

  // Puts woven weights [cells][quad 4][output channel 16][4] in the form that conv_row wants: in scratch (aligned to
  // 64 bytes), or as they are. start gets what makes up for the 128 that window bytes are too great.
  const void *_Nonnull (*_Nonnull prepare)(const int8_t *woven, int32_t cells, int32_t quads, void *_Nullable scratch,
                                           int32_t *start);

  void (*_Nonnull conv_row)(const dpus_conv_row *row);

  // sums[i][c] = sum over taps of x[t][i * step + c] * weights[t][c], c in 0..<16
  void (*_Nonnull multiply_taps)(const int8_t *const _Nonnull *_Nonnull x, const int8_t *const _Nonnull *_Nonnull weights,
                        int32_t taps, ptrdiff_t step, int32_t outputs, int32_t *sums);

  // sums[i][c] = sum over taps of x[t][i * step + c]
  void (*_Nonnull add_taps)(const int8_t *const _Nonnull *_Nonnull x, int32_t taps, ptrdiff_t step, int32_t outputs,
                   int32_t *sums);

  // sums[i][c] = the greatest of all x[t][i * step + c] and least
  void (*_Nonnull max_taps)(const int8_t *const _Nonnull *_Nonnull x, int32_t taps, ptrdiff_t step, int32_t outputs,
                   int32_t least, int32_t *sums);

  // sums[i] = / += / *= floor(4 * x[i] / 2^shift), shift in 0...15
  void (*_Nonnull set_scaled)(const int8_t *x, int32_t shift, int32_t count, int32_t *sums);
  void (*_Nonnull add_scaled)(const int8_t *x, int32_t shift, int32_t count, int32_t *sums);
  void (*_Nonnull multiply_scaled)(const int8_t *x, int32_t shift, int32_t count, int32_t *sums);
} dpus_kernels;

// The best instruction set that this processor has.
dpus_isa dpus_best_isa(void);

// The kernels for an instruction set, NULL if this processor lacks it.
const dpus_kernels *_Nullable dpus_kernels_for(dpus_isa isa);

// The name of an instruction set for people.
const char *dpus_isa_name(dpus_isa isa);

// dst[i] = src[i] + 128, as bytes without a sign.
void dpus_copy_lifted(uint8_t *dst, const int8_t *src, size_t count);

#pragma clang assume_nonnull end
#endif
