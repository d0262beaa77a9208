// One element at a time: what the portable set consists of, and what is left over at the ends of the others.
#ifndef DPUV_SCALAR_H
#define DPUV_SCALAR_H

#include "kernels.h"

#pragma clang fp contract(off)

/// Rounds half up and saturates a number that is scaled already; `value` is what it was made from.
INLINE int8_t quantize_scaled(float value, float scaled, dpuv_losses *losses) {
  if (value != value) {
    losses->not_a_number++;
    return 0;
  }
  bool is_infinite = value - value != 0;
  losses->infinite += is_infinite;
  if (scaled >= 127.5f || scaled < -128.5f) {
    losses->saturated += !is_infinite;
    return scaled < 0 ? -128 : 127;
  }
  if (scaled != scaled) return 0;
  // Adding 1/2 would round 0.49999997 up; the floor and what it leaves are exact.
  int32_t truncated = (int32_t)scaled;
  int32_t floor = (float)truncated > scaled ? truncated - 1 : truncated;
  return (int8_t)(scaled - (float)floor >= 0.5f ? floor + 1 : floor);
}

INLINE void add_losses(dpuv_losses *sum, const dpuv_losses *more) {
  sum->saturated += more->saturated;
  sum->not_a_number += more->not_a_number;
  sum->infinite += more->infinite;
}

INLINE float apply(const dpuv_affine *map, float value) {
  float result = value * map->factor + map->offset;
  // Infinity times the factor 0 is not a number.
  if (result != result) return 0;
  result = result < map->highest ? result : map->highest;
  return result > map->lowest ? result : map->lowest;
}

/// An end of a map's range as a result, saturated.
INLINE int8_t rounded_end(float scaled) {
  dpuv_losses unused = {0};
  return quantize_scaled(scaled, scaled, &unused);
}

INLINE int8_t apply_line(const dpuv_byte_line *line, uint8_t sample) {
  float result = (float)sample * line->factor + line->offset;
  // Beyond these every result is clamped; the conversion stays defined.
  result = result < 1000 ? result : 1000;
  result = result > -1000 ? result : -1000;
  int32_t truncated = (int32_t)result;
  int32_t floor = (float)truncated > result ? truncated - 1 : truncated;
  floor = floor < line->highest ? floor : line->highest;
  return (int8_t)(floor > line->lowest ? floor : line->lowest);
}

INLINE uint8_t brightness_of(const uint8_t *pixel) {
  return (uint8_t)((19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] + 32768u) >> 16);
}

INLINE uint8_t argmax_of(const int8_t *scores, size_t classes) {
  size_t label = 0;
  for (size_t c = 1; c < classes; c++) label = scores[c] > scores[label] ? c : label;
  return (uint8_t)label;
}

INLINE uint8_t blend_of(int16_t a, int16_t a_weight, int16_t b, int16_t b_weight) {
  return (uint8_t)(((a * a_weight >> 16) + (b * b_weight >> 16) + 2) >> 2);
}

#endif
