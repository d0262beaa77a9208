// Kernels on int8 elements as they lie in memory, written once on the compiler's vector types and compiled for each
// instruction set: the including file defines ELEMENTS (the table's name) and BYTES (int8 elements of a step).
#include <string.h>

#include "kernels.h"

// Vectors wider than a register are passed between functions that are always inlined: no call, so no ABI to break.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

// Vectors of W int8 elements and of their wider forms, with unaligned loads and stores, for steps of W elements.
#define DEFINE_VECTORS(W)                                                                                             \
  typedef int8_t i8x##W __attribute__((ext_vector_type(W)));                                                          \
  typedef int16_t i16x##W __attribute__((ext_vector_type(W)));                                                        \
  typedef int32_t i32x##W __attribute__((ext_vector_type(W)));                                                        \
  INLINE i8x##W load_##W(const int8_t *p) {                                                                           \
    i8x##W v;                                                                                                         \
    memcpy(&v, p, W);                                                                                                 \
    return v;                                                                                                         \
  }                                                                                                                   \
  INLINE void store_##W(int8_t *p, i8x##W v) { memcpy(p, &v, W); }                                                    \
  INLINE i16x##W clamp_##W(i16x##W v, int16_t low, int16_t high) {                                                    \
    return __builtin_elementwise_min(__builtin_elementwise_max(v, (i16x##W)low), (i16x##W)high);                      \
  }                                                                                                                   \
  /* round_half_up(v / 2^shift) for |v| <= 4096; the shift is within -8...13. */                                      \
  INLINE i16x##W rescale_##W(i16x##W v, int32_t shift) {                                                              \
    if (shift > 0) return (v + (int16_t)(1 << (shift - 1))) >> (i16x##W)(int16_t)shift;                               \
    return clamp_##W(v, -128, 127) * (int16_t)(1 << -shift);                                                          \
  }                                                                                                                   \
  INLINE i8x##W narrow_##W(i16x##W v, int16_t low, int16_t high) {                                                    \
    return __builtin_convertvector(clamp_##W(v, low, high), i8x##W);                                                  \
  }

// One step of W elements of each kernel.
#define DEFINE_STEPS(W)                                                                                               \
  DEFINE_VECTORS(W)                                                                                                   \
  INLINE void requantize_##W(const int8_t *in, int8_t *out, int32_t shift) {                                          \
    i16x##W v = __builtin_convertvector(load_##W(in), i16x##W);                                                       \
    store_##W(out, narrow_##W(rescale_##W(v, shift), -128, 127));                                                     \
  }                                                                                                                   \
  /* A constant number of taps spares the loops their counters. */                                                    \
  INLINE void max_taps_##W(const dpuk_window_row *r, int32_t channel, int32_t taps_y, int32_t taps_x,                 \
                           int32_t shift) {                                                                           \
    for (int32_t p = 0; p < r->pixels; p++) {                                                                         \
      const int8_t *in = r->in + p * r->in_pixel_stride + channel;                                                    \
      i8x##W most = (i8x##W)(int8_t)-128;                                                                             \
      for (int32_t y = 0; y < taps_y; y++) {                                                                          \
        for (int32_t x = 0; x < taps_x; x++) {                                                                        \
          most = __builtin_elementwise_max(most, load_##W(in + y * r->in_tap_stride_y + x * r->in_tap_stride_x));     \
        }                                                                                                             \
      }                                                                                                               \
      if (shift) most = narrow_##W(rescale_##W(__builtin_convertvector(most, i16x##W), shift), -128, 127);            \
      store_##W(r->out + p * r->out_pixel_stride + channel, most);                                                    \
    }                                                                                                                 \
  }                                                                                                                   \
  INLINE void max_pixels_##W(const dpuk_window_row *r, int32_t channel, int32_t shift) {                              \
    if (r->taps_y == 2 && r->taps_x == 2) {                                                                           \
      max_taps_##W(r, channel, 2, 2, shift);                                                                          \
    } else {                                                                                                          \
      max_taps_##W(r, channel, r->taps_y, r->taps_x, shift);                                                          \
    }                                                                                                                 \
  }

DEFINE_STEPS(1)
DEFINE_STEPS(4)
DEFINE_STEPS(8)
DEFINE_STEPS(16)
#if BYTES > 16
DEFINE_STEPS(32)
#endif

// Calls step(W, channel) over all channels in steps as wide as fit; the last step overlaps the one before it.
#define FOR_CHANNELS(W, channels, step)                                                                               \
  for (int32_t channel = 0; channel < (channels); channel += W) {                                                     \
    int32_t last = (channels) - W, first = channel < last ? channel : last;                                           \
    step;                                                                                                             \
  }

// Beyond these every result is the same, and 16 bits suffice for every step.
INLINE int32_t useful_shift(int32_t shift) { return shift > 13 ? 13 : shift < -8 ? -8 : shift; }

// 2x2 windows side by side over pixels without gaps, 4 or 8 channels: whole vectors of both rows, then of neighbours.
#define DEFINE_MAX_2X2(CHANNELS, TYPE, EVEN, ODD)                                                                     \
  INLINE int32_t max_2x2_##CHANNELS(const dpuk_window_row *r, int32_t shift) {                                        \
    typedef TYPE pixels __attribute__((ext_vector_type(16 / CHANNELS)));                                              \
    int32_t p = 0;                                                                                                    \
    for (; p + 16 / CHANNELS <= r->pixels; p += 16 / CHANNELS) {                                                      \
      const int8_t *in = r->in + p * 2 * CHANNELS;                                                                    \
      const int8_t *below = in + r->in_tap_stride_y;                                                                  \
      i8x16 first = __builtin_elementwise_max(load_16(in), load_16(below));                                           \
      i8x16 second = __builtin_elementwise_max(load_16(in + 16), load_16(below + 16));                                \
      pixels a = (pixels)first, b = (pixels)second;                                                                   \
      i8x16 even = (i8x16)__builtin_shufflevector(a, b, EVEN), odd = (i8x16)__builtin_shufflevector(a, b, ODD);       \
      i8x16 most = __builtin_elementwise_max(even, odd);                                                              \
      if (shift) most = narrow_16(rescale_16(__builtin_convertvector(most, i16x16), shift), -128, 127);               \
      store_16(r->out + p * CHANNELS, most);                                                                          \
    }                                                                                                                 \
    return p;                                                                                                         \
  }
#define LIST(...) __VA_ARGS__
DEFINE_MAX_2X2(4, int32_t, LIST(0, 2, 4, 6), LIST(1, 3, 5, 7))
DEFINE_MAX_2X2(8, int64_t, LIST(0, 2), LIST(1, 3))

static void max_row(const dpuk_window_row *row, int32_t shift) {
  shift = useful_shift(shift);
  dpuk_window_row rest = *row;
  const dpuk_window_row *r = &rest;
  if (r->taps_y == 2 && r->taps_x == 2 && r->in_tap_stride_x == r->channels && r->in_pixel_stride == 2 * r->channels
      && r->out_pixel_stride == r->channels && (r->channels == 4 || r->channels == 8)) {
    int32_t done = r->channels == 4 ? max_2x2_4(r, shift) : max_2x2_8(r, shift);
    rest.in += done * r->in_pixel_stride;
    rest.out += done * r->out_pixel_stride;
    rest.pixels -= done;
  }
#if BYTES > 16
  if (r->channels >= 32) {
    FOR_CHANNELS(32, r->channels, max_pixels_32(r, first, shift))
    return;
  }
#endif
  if (r->channels >= 16) {
    FOR_CHANNELS(16, r->channels, max_pixels_16(r, first, shift))
  } else if (r->channels >= 8) {
    FOR_CHANNELS(8, r->channels, max_pixels_8(r, first, shift))
  } else if (r->channels >= 4) {
    FOR_CHANNELS(4, r->channels, max_pixels_4(r, first, shift))
  } else {
    FOR_CHANNELS(1, r->channels, max_pixels_1(r, first, shift))
  }
}

// Moves `count` elements that lie without gaps to another scale.
INLINE void requantize_flat(const int8_t *in, int8_t *out, size_t count, int32_t shift) {
  size_t i = 0;
#if BYTES > 16
  for (; count - i >= 32; i += 32) requantize_32(in + i, out + i, shift);
#endif
  for (; count - i >= 16; i += 16) requantize_16(in + i, out + i, shift);
  if (count - i >= 8) requantize_8(in + i, out + i, shift), i += 8;
  if (count - i >= 4) requantize_4(in + i, out + i, shift), i += 4;
  for (; i < count; i++) requantize_1(in + i, out + i, shift);
}

// Copies the channels of some pixels; a constant number of them takes one instruction a pixel.
INLINE void copy_pixels_of(const int8_t *in, ptrdiff_t in_stride, int8_t *out, ptrdiff_t out_stride,
                           const size_t channels, size_t pixels) {
  for (size_t i = 0; i < pixels; i++, in += in_stride, out += out_stride) memcpy(out, in, channels);
}

static void copy_pixels(const int8_t *in, ptrdiff_t in_stride, int8_t *out, ptrdiff_t out_stride, size_t channels,
                        size_t pixels) {
  switch (channels) {
    case 4: copy_pixels_of(in, in_stride, out, out_stride, 4, pixels); break;
    case 8: copy_pixels_of(in, in_stride, out, out_stride, 8, pixels); break;
    case 16: copy_pixels_of(in, in_stride, out, out_stride, 16, pixels); break;
    case 32: copy_pixels_of(in, in_stride, out, out_stride, 32, pixels); break;
    default: copy_pixels_of(in, in_stride, out, out_stride, channels, pixels); break;
  }
}

static void requantize(const int8_t *in, ptrdiff_t in_stride, int8_t *out, ptrdiff_t out_stride, size_t channels,
                       size_t pixels, int32_t shift) {
  shift = useful_shift(shift);
  if (in == out && shift == 0) return;
  bool in_dense = (size_t)in_stride == channels, out_dense = (size_t)out_stride == channels;
  if (in_dense && out_dense) {
    if (shift == 0) {
      memmove(out, in, channels * pixels);
    } else {
      requantize_flat(in, out, channels * pixels, shift);
    }
  } else if (shift == 0) {
    copy_pixels(in, in_stride, out, out_stride, channels, pixels);
  } else if (channels >= BYTES) {
    for (size_t i = 0; i < pixels; i++, in += in_stride, out += out_stride) requantize_flat(in, out, channels, shift);
  } else {
    // Few channels: some pixels at a time without gaps.
    enum { BATCH = 16 };
    int8_t before[BATCH * BYTES], after[BATCH * BYTES];
    for (size_t i = 0; i < pixels; i += BATCH) {
      size_t batch = pixels - i < BATCH ? pixels - i : BATCH;
      const int8_t *from = in + (ptrdiff_t)i * in_stride;
      if (!in_dense) copy_pixels(from, in_stride, before, (ptrdiff_t)channels, channels, batch);
      requantize_flat(in_dense ? from : before, after, channels * batch, shift);
      copy_pixels(after, (ptrdiff_t)channels, out + (ptrdiff_t)i * out_stride, out_stride, channels, batch);
    }
  }
}

// Parameters of an addition, brought to their useful ranges.
typedef struct {
  int32_t inputs, shift;
  int16_t down[8], low, high;
} addition;

#define DEFINE_ADD(W)                                                                                                 \
  INLINE void add_##W(const int8_t *const *in, const addition *a, int32_t inputs, size_t at, int8_t *out) {           \
    i16x##W sum = 0;                                                                                                  \
    for (int32_t k = 0; k < inputs; k++) {                                                                            \
      sum += (__builtin_convertvector(load_##W(in[k] + at), i16x##W) * (int16_t)4) >> (i16x##W)a->down[k];            \
    }                                                                                                                 \
    store_##W(out + at, narrow_##W(rescale_##W(sum, a->shift), a->low, a->high));                                     \
  }

// The step's width is a macro: it must be expanded before it is pasted.
#define DEFINE_ADD_OF(W) DEFINE_ADD(W)
#define ADD_STEP_OF(W) add_##W
#define ADD_STEP(W) ADD_STEP_OF(W)

DEFINE_ADD(1)
DEFINE_ADD_OF(BYTES)

INLINE void add_all(const int8_t *const *in, const addition *a, int32_t inputs, int8_t *out, size_t count) {
  size_t i = 0;
  for (; count - i >= BYTES; i += BYTES) ADD_STEP(BYTES)(in, a, inputs, i, out);
  for (; i < count; i++) add_1(in, a, inputs, i, out);
}

static void add(const int8_t *const *in, const int32_t *down, int32_t inputs, int32_t shift, int32_t low, int32_t high,
                int8_t *out, size_t count) {
  addition a = {.shift = useful_shift(shift), .low = (int16_t)low, .high = (int16_t)high};
  for (int32_t k = 0; k < inputs && k < 8; k++) a.down[k] = (int16_t)(down[k] < 15 ? down[k] : 15);
  if (inputs == 2) {
    add_all(in, &a, 2, out, count);
  } else {
    add_all(in, &a, inputs, out, count);
  }
}

const dpuk_elements ELEMENTS = {
    .max_row = max_row,
    .add = add,
    .requantize = requantize,
};
