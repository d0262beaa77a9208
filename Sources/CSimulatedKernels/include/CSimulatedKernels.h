// Inner loops of the simulated DPU: moves of cells of 16 channels, sums of products over them, and rounding.
//
// A cell is one bank row: 16 bytes, one for each channel. Sums wrap modulo 2^32 on the way, so that only the final sum
// has to fit.
#ifndef CSIMULATED_KERNELS_H
#define CSIMULATED_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
  // Output channels of a convolution, and channels of a cell.
  DPUS_LANES = 16,
  // Rows of a bank; numbers of rows wrap there.
  DPUS_ROWS_PER_BANK = 2048,
  // Bytes from one row of all weight banks to the next: [quad 4][output channel 16][4].
  DPUS_WOVEN_PITCH = 256,
};

typedef enum {
  DPUS_ISA_PORTABLE = 0,
  DPUS_ISA_AVX2 = 1,
  DPUS_ISA_AVX512_VNNI = 2,
  DPUS_ISA_NEON = 3,
  DPUS_ISA_NEON_DOTPROD = 4,
} dpus_isa;

// Rows of a bank: cell i of item k (a pixel, or an element of a transfer) is row (row + k * jump + i) modulo 2048.
typedef struct {
  int8_t *bank;  // its row 0
  int32_t row;
  int32_t jump;
} dpus_rows;

// How doubled sums become bytes: the bias is added, so many bits are dropped, halves are rounded up, then clamped.
typedef struct {
  const int32_t *biases;  // [16]
  int32_t shift;          // 1...31
  int32_t low;            // at least -128
  int32_t high;           // at most 127
} dpus_rounding;

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

  // sums[p][i][c] = / += / *= floor(4 * x / 2^shift) of cell i in 0..<each of pixel p; shift in 0...15
  void (*_Nonnull set_scaled)(const dpus_rows *from, int32_t pixels, int32_t each, int32_t shift, int32_t *sums);
  void (*_Nonnull add_scaled)(const dpus_rows *from, int32_t pixels, int32_t each, int32_t shift, int32_t *sums);
  void (*_Nonnull multiply_scaled)(const dpus_rows *from, int32_t pixels, int32_t each, int32_t shift, int32_t *sums);

  // Rounds 2 * sums[p][i][c] into cell i of pixel p.
  void (*_Nonnull round_doubled)(const int32_t *sums, const dpus_rounding *rounding, int32_t pixels, int32_t each,
                                 const dpus_rows *to);

  // out[p][i][c] = cell i of pixel p + 128, as bytes without a sign
  void (*_Nonnull copy_lifted)(const dpus_rows *from, int32_t pixels, int32_t each, uint8_t *out);
} dpus_kernels;

// The best instruction set that this processor has.
dpus_isa dpus_best_isa(void);

// The kernels for an instruction set, NULL if this processor lacks it.
const dpus_kernels *_Nullable dpus_kernels_for(dpus_isa isa);

// The name of an instruction set for people.
const char *dpus_isa_name(dpus_isa isa);

// Moves `count` elements of `channels` bytes each, `jump` bytes apart, to rows of a bank, each of which takes `width`
// bytes, at most 16. The rest of an element's last row becomes 0.
void dpus_load_cells(const uint8_t *bytes, ptrdiff_t jump, int32_t count, int32_t channels, int32_t width,
                     const dpus_rows *to);

// The same to the weight bank of one output channel; bank is that channel's place in row 0 of all weight banks.
void dpus_load_woven(const uint8_t *bytes, ptrdiff_t jump, int32_t count, int32_t channels, int32_t width,
                     const dpus_rows *to);

// The other way round.
void dpus_save_cells(const dpus_rows *from, int32_t width, uint8_t *bytes, ptrdiff_t jump, int32_t count,
                     int32_t channels);

// Writes cells [pixels][each] to rows of a bank.
void dpus_write_cells(const int8_t *cells, int32_t pixels, int32_t each, const dpus_rows *to);

// Sets lanes `first`..<16 of `count` lifted cells, `step` bytes apart, to 128, which stands for 0.
void dpus_clear_lanes(uint8_t *cells, ptrdiff_t step, int32_t count, int32_t first);

// Keeps the calling thread asleep until a time of CLOCK_MONOTONIC, as exactly as the kernel can.
void dpus_sleep_until(int64_t nanoseconds);

#pragma clang assume_nonnull end
#endif
