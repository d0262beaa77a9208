// The greatest class of each pixel with NEON.
#if defined(__aarch64__)
#include "neon.h"

// The classes of 16 pixels, each in a vector of its own.
INLINE void load_2(const int8_t *in, int8x16_t *planes) {
  int8x16x2_t v = vld2q_s8(in);
  planes[0] = v.val[0], planes[1] = v.val[1];
}

INLINE void load_3(const int8_t *in, int8x16_t *planes) {
  int8x16x3_t v = vld3q_s8(in);
  for (int c = 0; c < 3; c++) planes[c] = v.val[c];
}

INLINE void load_4(const int8_t *in, int8x16_t *planes) {
  int8x16x4_t v = vld4q_s8(in);
  for (int c = 0; c < 4; c++) planes[c] = v.val[c];
}

// Pairs of classes first, then the two of each.
INLINE void take_apart(int16x8_t first_pixels, int16x8_t last_pixels, int8x16_t *planes) {
  int8x16_t a = vreinterpretq_s8_s16(first_pixels), b = vreinterpretq_s8_s16(last_pixels);
  planes[0] = vuzp1q_s8(a, b), planes[1] = vuzp2q_s8(a, b);
}

INLINE void load_6(const int8_t *in, int8x16_t *planes) {
  int16x8x3_t a = vld3q_s16((const int16_t *)in), b = vld3q_s16((const int16_t *)(in + 48));
  for (int k = 0; k < 3; k++) take_apart(a.val[k], b.val[k], planes + 2 * k);
}

INLINE void load_8(const int8_t *in, int8x16_t *planes) {
  int16x8x4_t a = vld4q_s16((const int16_t *)in), b = vld4q_s16((const int16_t *)(in + 64));
  for (int k = 0; k < 4; k++) take_apart(a.val[k], b.val[k], planes + 2 * k);
}

#define DEFINE_ARGMAX(CLASSES)                                                                                        \
  static void argmax_##CLASSES(const int8_t *in, uint8_t *out, size_t pixels) {                                       \
    size_t p = 0;                                                                                                     \
    for (; pixels - p >= 16; p += 16) {                                                                               \
      int8x16_t planes[CLASSES];                                                                                      \
      load_##CLASSES(in + p * CLASSES, planes);                                                                       \
      int8x16_t best = planes[0];                                                                                     \
      uint8x16_t label = vdupq_n_u8(0);                                                                               \
      for (uint8_t c = 1; c < CLASSES; c++) {                                                                         \
        label = vbslq_u8(vcgtq_s8(planes[c], best), vdupq_n_u8(c), label);                                            \
        best = vmaxq_s8(planes[c], best);                                                                             \
      }                                                                                                               \
      vst1q_u8(out + p, label);                                                                                       \
    }                                                                                                                 \
    dpuv_portable.argmax(in + p * CLASSES, out + p, pixels - p, CLASSES);                                             \
  }

DEFINE_ARGMAX(2)
DEFINE_ARGMAX(3)
DEFINE_ARGMAX(4)
DEFINE_ARGMAX(6)
DEFINE_ARGMAX(8)

// Eight scores as 127 - score in the upper byte and their classes in the lower: the least of these unsigned numbers is
// that of the greatest score, and of equal ones that of the lowest class.
INLINE uint16x8_t keys_of_8(const int8_t *scores, uint16x8_t classes) {
  uint8x8_t turned = veor_u8(vreinterpret_u8_s8(vld1_s8(scores)), vdup_n_u8(0x7F));
  return vorrq_u16(vshll_n_u8(turned, 8), classes);
}

// From 9 classes on, one pixel at a time; the last eight classes overlap those before them.
static void argmax_of_many(const int8_t *in, uint8_t *out, size_t pixels, size_t classes) {
  static const uint16_t numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  const uint16x8_t from_0 = vld1q_u16(numbers), last = vaddq_u16(from_0, vdupq_n_u16((uint16_t)(classes - 8)));
  for (size_t p = 0; p < pixels; p++, in += classes) {
    uint16x8_t least = keys_of_8(in + classes - 8, last), these = from_0;
    for (size_t c = 0; c + 8 < classes; c += 8, these = vaddq_u16(these, vdupq_n_u16(8))) {
      least = vminq_u16(least, keys_of_8(in + c, these));
    }
    out[p] = (uint8_t)vminvq_u16(least);
  }
}

// 5 or 7 classes: eight scores are read, and those of the next pixel taken for the least.
static void argmax_of_some(const int8_t *in, uint8_t *out, size_t pixels, size_t classes) {
  uint16_t numbers[8];
  for (uint16_t c = 0; c < 8; c++) numbers[c] = c < classes ? c : 0xFFFF;
  const uint16x8_t these = vld1q_u16(numbers);
  size_t p = 0;
  for (; (pixels - p) * classes >= 8; p++) out[p] = (uint8_t)vminvq_u16(keys_of_8(in + p * classes, these));
  dpuv_portable.argmax(in + p * classes, out + p, pixels - p, classes);
}

void dpuv_argmax_neon(const int8_t *in, uint8_t *out, size_t pixels, size_t classes) {
  switch (classes) {
    case 2: argmax_2(in, out, pixels); break;
    case 3: argmax_3(in, out, pixels); break;
    case 4: argmax_4(in, out, pixels); break;
    case 5: case 7: argmax_of_some(in, out, pixels, classes); break;
    case 6: argmax_6(in, out, pixels); break;
    case 8: argmax_8(in, out, pixels); break;
    default: argmax_of_many(in, out, pixels, classes); break;
  }
}
#endif
