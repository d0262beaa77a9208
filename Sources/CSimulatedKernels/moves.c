// Moves between memory and banks, and between cells and banks: no arithmetic, so the same for all instruction sets.
#include <string.h>

#include "rows.h"

#define INLINE static inline __attribute__((always_inline))

// Copies fewer than 16 bytes without a call.
INLINE void copy_some(void *to, const void *from, int32_t count) {
  uint8_t *out = to;
  const uint8_t *in = from;
  if (count & 8) memcpy(out, in, 8), out += 8, in += 8;
  if (count & 4) memcpy(out, in, 4), out += 4, in += 4;
  if (count & 2) memcpy(out, in, 2), out += 2, in += 2;
  if (count & 1) *out = *in;
}

INLINE int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

void dpus_load_cells(const uint8_t *bytes, ptrdiff_t jump, int32_t count, int32_t channels, int32_t width,
                     const dpus_rows *to) {
  for (int32_t e = 0; e < count; e++, bytes += jump) {
    for (int32_t done = 0, i = 0; done < channels; done += width, i++) {
      const int32_t some = smaller(channels - done, width);
      int8_t *cell = cell_at(to, e, i);
      if (some == DPUS_LANES) {
        memcpy(cell, bytes + done, DPUS_LANES);
      } else {
        uint8_t padded[DPUS_LANES] = {0};
        copy_some(padded, bytes + done, some);
        memcpy(cell, padded, DPUS_LANES);
      }
    }
  }
}

void dpus_load_woven(const uint8_t *bytes, ptrdiff_t jump, int32_t count, int32_t channels, int32_t width,
                     const dpus_rows *to) {
  for (int32_t e = 0; e < count; e++, bytes += jump) {
    for (int32_t done = 0, i = 0; done < channels; done += width, i++) {
      const int32_t some = smaller(channels - done, width);
      uint8_t padded[DPUS_LANES] = {0};
      if (some == DPUS_LANES) {
        memcpy(padded, bytes + done, DPUS_LANES);
      } else {
        copy_some(padded, bytes + done, some);
      }
      int8_t *cell = to->bank + (size_t)row_at(to, e, i) * DPUS_WOVEN_PITCH;
      for (int q = 0; q < 4; q++) memcpy(cell + 64 * q, padded + 4 * q, 4);
    }
  }
}

void dpus_save_cells(const dpus_rows *from, int32_t width, uint8_t *bytes, ptrdiff_t jump, int32_t count,
                     int32_t channels) {
  for (int32_t e = 0; e < count; e++, bytes += jump) {
    for (int32_t done = 0, i = 0; done < channels; done += width, i++) {
      const int32_t some = smaller(channels - done, width);
      const int8_t *cell = cell_at(from, e, i);
      if (some == DPUS_LANES) {
        memcpy(bytes + done, cell, DPUS_LANES);
      } else {
        copy_some(bytes + done, cell, some);
      }
    }
  }
}

void dpus_write_cells(const int8_t *cells, int32_t pixels, int32_t each, const dpus_rows *to) {
  for (int32_t p = 0; p < pixels; p++) {
    for (int32_t i = 0; i < each; i++, cells += DPUS_LANES) memcpy(cell_at(to, p, i), cells, DPUS_LANES);
  }
}

void dpus_clear_lanes(uint8_t *cells, ptrdiff_t step, int32_t count, int32_t first) {
  uint8_t keep[DPUS_LANES], zero[DPUS_LANES];
  for (int c = 0; c < DPUS_LANES; c++) keep[c] = c < first ? 0xFF : 0, zero[c] = c < first ? 0 : 0x80;
  for (int32_t i = 0; i < count; i++, cells += step) {
    for (int c = 0; c < DPUS_LANES; c++) cells[c] = (cells[c] & keep[c]) | zero[c];
  }
}
