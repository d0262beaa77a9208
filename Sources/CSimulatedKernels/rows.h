// Where cells lie in a bank.
#ifndef DPUS_ROWS_H
#define DPUS_ROWS_H

#include "CSimulatedKernels.h"

enum { DPUS_ROW_MASK = DPUS_ROWS_PER_BANK - 1 };

// The number of a row within its bank. Numbers without a sign wrap instead of overflowing.
static inline __attribute__((always_inline)) uint32_t row_at(const dpus_rows *rows, int32_t item, int32_t cell) {
  return ((uint32_t)rows->row + (uint32_t)item * (uint32_t)rows->jump + (uint32_t)cell) & DPUS_ROW_MASK;
}

static inline __attribute__((always_inline)) int8_t *cell_at(const dpus_rows *rows, int32_t item, int32_t cell) {
  return rows->bank + (size_t)row_at(rows, item, cell) * DPUS_LANES;
}

#endif
