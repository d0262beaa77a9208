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
  INLINE void max_##W(const dpuk_window_row *r, const int8_t *in, int8_t *out, int32_t shift) {                       \
    i8x##W most = (i8x##W)(int8_t)-128;                                                                               \
    for (int32_t y = 0; y < r->taps_y; y++) {                                                                         \
      for (int32_t x = 0; x < r->taps_x; x++) {                                                                       \
        most = __builtin_elementwise_max(most, load_##W(in + y * r->in_tap_stride_y + x * r->in_tap_stride_x));       \
      }                                                                                                               \
    }                                                                                                                 \
    if (shift) most = narrow_##W(rescale_##W(__builtin_convertvector(most, i16x##W), shift), -128, 127);              \
    store_##W(out, most);                                                                                             \
  }                                                                                                                   \
  INLINE void max_pixels_##W(const dpuk_window_row *r, int32_t channel, int32_t shift) {                              \
    for (int32_t p = 0; p < r->pixels; p++) {                                                                         \
      max_##W(r, r->in + p * r->in_pixel_stride + channel, r->out + p * r->out_pixel_stride + channel, shift);        \
    }                                                                                                                 \
  }                                                                                                                   \
  /* A constant number of taps keeps the weights in registers; 0 stands for the row's own. */                         \
  INLINE void depthwise_pixels_##W(const dpuk_window_row *r, int32_t channel, int32_t taps_y, int32_t taps_x) {       \
    i32x##W weights[9], start;                                                                                        \
    bool fixed = taps_y != 0;                                                                                         \
    if (!fixed) taps_y = r->taps_y, taps_x = r->taps_x;                                                               \
    memcpy(&start, r->start + channel, sizeof start);                                                                 \
    for (int32_t y = 0; fixed && y < taps_y; y++) {                                                                   \
      for (int32_t x = 0; x < taps_x; x++) weights[y * taps_x + x] = weight_##W(r, channel, y, x);                    \
    }                                                                                                                 \
    for (int32_t p = 0; p < r->pixels; p++) {                                                                         \
      i32x##W sum = start;                                                                                            \
      for (int32_t y = 0; y < taps_y; y++) {                                                                          \
        for (int32_t x = 0; x < taps_x; x++) {                                                                        \
          i8x##W in = load_##W(r->in + p * r->in_pixel_stride + channel + y * r->in_tap_stride_y                      \
                               + x * r->in_tap_stride_x);                                                             \
          i32x##W weight = fixed ? weights[y * taps_x + x] : weight_##W(r, channel, y, x);                            \
          sum += __builtin_convertvector(in, i32x##W) * weight;                                                       \
        }                                                                                                             \
      }                                                                                                               \
      if (r->sums) {                                                                                                  \
        memcpy(r->sums + p * r->out_pixel_stride + channel, &sum, sizeof sum);                                        \
      } else {                                                                                                        \
        sum >>= (i32x##W)r->shift;                                                                                    \
        sum = __builtin_elementwise_min(__builtin_elementwise_max(sum, (i32x##W)(int32_t)r->low),                     \
                                        (i32x##W)(int32_t)r->high);                                                   \
        store_##W(r->out + p * r->out_pixel_stride + channel, __builtin_convertvector(sum, i8x##W));                  \
      }                                                                                                               \
    }                                                                                                                 \
  }                                                                                                                   \
  INLINE void depthwise_##W(const dpuk_window_row *r, int32_t channel) {                                              \
    if (r->taps_y == 3 && r->taps_x == 3) {                                                                           \
      depthwise_pixels_##W(r, channel, 3, 3);                                                                         \
    } else {                                                                                                          \
      depthwise_pixels_##W(r, channel, 0, 0);                                                                         \
    }                                                                                                                 \
  }

// The weights of one tap, widened.
#define DEFINE_WEIGHT(W)                                                                                              \
  typedef int16_t weight16x##W __attribute__((ext_vector_type(W)));                                                   \
  typedef int32_t weight32x##W __attribute__((ext_vector_type(W)));                                                   \
  INLINE weight32x##W weight_##W(const dpuk_window_row *r, int32_t channel, int32_t y, int32_t x) {                   \
    weight16x##W v;                                                                                                   \
    memcpy(&v, r->weights + y * r->weight_stride_y + x * r->weight_stride_x + channel, sizeof v);                     \
    return __builtin_convertvector(v, weight32x##W);                                                                  \
  }

DEFINE_WEIGHT(1)
DEFINE_WEIGHT(4)
DEFINE_WEIGHT(8)
DEFINE_WEIGHT(16)
DEFINE_STEPS(1)
DEFINE_STEPS(4)
DEFINE_STEPS(8)
DEFINE_STEPS(16)
#if BYTES > 16
DEFINE_WEIGHT(32)
DEFINE_STEPS(32)
#endif

// Calls step(W, channel) over all channels in steps as wide as fit; the last step overlaps the one before it.
#define FOR_CHANNELS(W, channels, step)                                                                               \
  for (int32_t channel = 0; channel < (channels); channel += W) {                                                     \
    int32_t last = (channels) - W, first = channel < last ? channel : last;                                           \
    step;                                                                                                             \
  }

static void depthwise_row(const dpuk_window_row *r) {
  if (r->channels >= 16) {
    FOR_CHANNELS(16, r->channels, depthwise_16(r, first))
  } else if (r->channels >= 8) {
    FOR_CHANNELS(8, r->channels, depthwise_8(r, first))
  } else if (r->channels >= 4) {
    FOR_CHANNELS(4, r->channels, depthwise_4(r, first))
  } else {
    FOR_CHANNELS(1, r->channels, depthwise_1(r, first))
  }
}

// Beyond these every result is the same, and 16 bits suffice for every step.
INLINE int32_t useful_shift(int32_t shift) { return shift > 13 ? 13 : shift < -8 ? -8 : shift; }

static void max_row(const dpuk_window_row *r, int32_t shift) {
  shift = useful_shift(shift);
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

static void requantize(const int8_t *in, int8_t *out, size_t count, int32_t shift) {
  shift = useful_shift(shift);
  size_t i = 0;
  if (shift == 0) {
    memmove(out, in, count);
    return;
  }
#if BYTES > 16
  for (; count - i >= 32; i += 32) requantize_32(in + i, out + i, shift);
#endif
  for (; count - i >= 16; i += 16) requantize_16(in + i, out + i, shift);
  if (count - i >= 8) requantize_8(in + i, out + i, shift), i += 8;
  if (count - i >= 4) requantize_4(in + i, out + i, shift), i += 4;
  for (; i < count; i++) requantize_1(in + i, out + i, shift);
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
    .depthwise_row = depthwise_row,
    .max_row = max_row,
    .add = add,
    .requantize = requantize,
};
