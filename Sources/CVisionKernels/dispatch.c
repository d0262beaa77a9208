// The choice of an instruction set at run time, and what all sets do alike before their kernels begin.
#include <math.h>

#include "scalar.h"

bool dpuv_isa_available(dpuv_isa isa) {
#if defined(__x86_64__)
  // The builtins ask CPUID and, for the wide registers, whether the operating system saves them.
  __builtin_cpu_init();
  switch (isa) {
    case DPUV_ISA_PORTABLE:
      return true;
    case DPUV_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    case DPUV_ISA_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
             && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
             && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    default:
      return false;
  }
#elif defined(__aarch64__)
  return isa == DPUV_ISA_PORTABLE || isa == DPUV_ISA_NEON;
#else
  return isa == DPUV_ISA_PORTABLE;
#endif
}

dpuv_isa dpuv_best_isa(void) {
  static const dpuv_isa best_first[] = {DPUV_ISA_AVX512, DPUV_ISA_AVX2, DPUV_ISA_NEON};
  for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++) {
    if (dpuv_isa_available(best_first[i])) return best_first[i];
  }
  return DPUV_ISA_PORTABLE;
}

const char *dpuv_isa_name(dpuv_isa isa) {
  switch (isa) {
    case DPUV_ISA_PORTABLE: return "portable";
    case DPUV_ISA_AVX2: return "AVX2";
    case DPUV_ISA_AVX512: return "AVX-512 VBMI";
    case DPUV_ISA_NEON: return "NEON";
  }
  return "unknown";
}

const dpuv_kernels *dpuv_kernels_for(dpuv_isa isa) {
  if (!dpuv_isa_available(isa)) return &dpuv_portable;
  switch (isa) {
#if defined(__x86_64__)
    case DPUV_ISA_AVX2: return &dpuv_avx2;
    case DPUV_ISA_AVX512: return &dpuv_avx512;
#elif defined(__aarch64__)
    case DPUV_ISA_NEON: return &dpuv_neon;
#endif
    default: return &dpuv_portable;
  }
}

// Far from the ends of a float's range a power of two changes no rounding: there the vector kernels fold the scale into
// the map, and double it. Elsewhere the portable kernels do what stands in the header, step by step.
static bool is_usual_scale(float scale) {
  int exponent;
  return scale >= 0x1p-60f && scale <= 0x1p60f && frexpf(scale, &exponent) == 0.5f;
}

static bool is_usual(float number) {
  return number == 0 || isinf(number) || (fabsf(number) >= 0x1p-30f && fabsf(number) <= 0x1p30f);
}

void dpuv_quantize(dpuv_isa isa, const float *in, int8_t *out, size_t count, float scale, dpuv_losses *losses) {
  const dpuv_kernels *kernels = is_usual_scale(scale) ? dpuv_kernels_for(isa) : &dpuv_portable;
  kernels->quantize(in, out, count, scale, losses);
}

static void quantize_mapped_step_by_step(const float *in, int8_t *out, size_t pixels, size_t channels,
                                         const dpuv_affine *maps, bool reversed, float scale, dpuv_losses *losses) {
  for (size_t p = 0; p < pixels; p++, in += channels, out += channels) {
    for (size_t c = 0; c < channels; c++) {
      float value = in[reversed ? channels - 1 - c : c];
      out[c] = quantize_scaled(value, apply(&maps[c], value) * scale, losses);
    }
  }
}

void dpuv_quantize_mapped(dpuv_isa isa, const float *in, int8_t *out, size_t pixels, size_t channels,
                          const dpuv_affine *maps, bool reversed, float scale, dpuv_losses *losses) {
  const dpuv_kernels *kernels = dpuv_kernels_for(isa);
  bool is_simple = is_usual_scale(scale) && channels <= DPUV_MOST_CHANNELS && (!reversed || channels == 3)
                   && kernels != &dpuv_portable;
  dpuv_affine folded[DPUV_MOST_CHANNELS];
  for (size_t c = 0; c < channels && is_simple; c++) {
    const dpuv_affine *map = &maps[reversed ? channels - 1 - c : c];
    is_simple = is_usual(map->factor) && is_usual(map->offset) && is_usual(map->lowest) && is_usual(map->highest)
                && !isinf(map->factor) && !isinf(map->offset);
    folded[c] = (dpuv_affine){map->factor * scale, map->offset * scale, map->lowest * scale, map->highest * scale};
  }
  if (!is_simple) {
    quantize_mapped_step_by_step(in, out, pixels, channels, maps, reversed, scale, losses);
  } else if (!reversed) {
    kernels->quantize_mapped(in, out, pixels * channels, channels, folded, losses);
  } else {
    enum { PIXELS = 512 };
    uint8_t part[3 * PIXELS];
    for (size_t p = 0; p < pixels; p += PIXELS) {
      size_t some = pixels - p < PIXELS ? pixels - p : PIXELS;
      kernels->quantize_mapped(in + 3 * p, (int8_t *)part, 3 * some, 3, folded, losses);
      kernels->reverse_3(part, (uint8_t *)out + 3 * p, some);
    }
  }
}

void dpuv_dequantize(dpuv_isa isa, const int8_t *in, float *out, size_t count, float step) {
  dpuv_kernels_for(isa)->dequantize(in, out, count, step);
}

bool dpuv_find_byte_line(const int8_t table[256], float factor, float offset, dpuv_byte_line *line) {
  int32_t lowest = 127, highest = -128;
  for (int sample = 0; sample < 256; sample++) {
    lowest = table[sample] < lowest ? table[sample] : lowest;
    highest = table[sample] > highest ? table[sample] : highest;
  }
  *line = (dpuv_byte_line){factor, offset + 0.5f, lowest, highest};
  // So that no result leaves 32 bits; NaN is refused too.
  if (!(fabsf(line->factor) <= 0x1p20f && fabsf(line->offset) <= 0x1p20f)) return false;
  for (int sample = 0; sample < 256; sample++) {
    if (apply_line(line, (uint8_t)sample) != table[sample]) return false;
  }
  return true;
}

// Channels that are in order.
static void map_ordered(const dpuv_kernels *kernels, const dpuv_byte_map *map, const uint8_t *in, int8_t *out,
                        size_t pixels) {
  if (map->is_uniform || map->channels == 1) {
    kernels->look_up(map->tables, map->lines, in, out, pixels * map->channels);
  } else if (map->channels <= 4) {
    kernels->look_up_channels(map->tables, map->lines, map->channels, in, out, pixels);
  } else {
    dpuv_portable.look_up_channels(map->tables, map->lines, map->channels, in, out, pixels);
  }
}

void dpuv_map_bytes(dpuv_isa isa, const dpuv_byte_map *map, const uint8_t *in, int8_t *out, size_t pixels) {
  const dpuv_kernels *kernels = dpuv_kernels_for(isa);
  if (map->order == DPUV_ORDER_SAME) {
    map_ordered(kernels, map, in, out, pixels);
    return;
  }
  enum { PIXELS = 512 };
  uint8_t part[3 * PIXELS];
  bool spreads = map->order == DPUV_ORDER_SPREAD;
  for (size_t p = 0; p < pixels; p += PIXELS) {
    size_t some = pixels - p < PIXELS ? pixels - p : PIXELS;
    if (spreads) {
      kernels->spread_3(in + p, part, some);
    } else {
      kernels->reverse_3(in + 3 * p, part, some);
    }
    map_ordered(kernels, map, part, out + 3 * p, some);
  }
}

uint64_t dpuv_count_outside(dpuv_isa isa, const uint8_t *in, size_t count, uint8_t first, uint8_t last) {
  if (first > last) return count;
  return dpuv_kernels_for(isa)->count_outside(in, count, first, (uint8_t)(last - first));
}

void dpuv_brightness(dpuv_isa isa, const uint8_t *in, uint8_t *out, size_t pixels) {
  dpuv_kernels_for(isa)->brightness(in, out, pixels);
}

void dpuv_argmax(dpuv_isa isa, const int8_t *in, uint8_t *out, size_t pixels, size_t classes) {
  const dpuv_kernels *kernels = classes == 1 ? &dpuv_portable : dpuv_kernels_for(isa);
  kernels->argmax(in, out, pixels, classes);
}
