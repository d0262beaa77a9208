// The plan of a bilinear resize. The arithmetic is that of OpenCV's INTER_LINEAR for 8 bits.
//
// Only a >> 4 of a row weighed along x is ever used: it has 15 bits, and so a row of them is half as long in memory as
// OpenCV's, and weighing along y is one multiplication of 16 bits that keeps the upper half.
#include <stdlib.h>
#include <string.h>

#include "scalar.h"

struct dpuv_resize {
  void *memory;  // that this lies in
  const dpuv_kernels *kernels;
  size_t channels, source_row, samples;  // of a pixel, bytes of a source row, samples of a target row
  int32_t target_width;
  int32_t *left, *right;                 // [target_width] offsets in a source row
  int16_t *left_weight, *right_weight;
  int32_t *first, *second;               // [target_height] source rows
  int16_t *first_weight, *second_weight;
  dpuv_row_plan plan;                    // no blocks where windows do not suffice
  int16_t *weighed[2];
  int32_t held[2];                       // which source rows they hold, -1 for none
};

// Makes the plan of windows; leaves it without blocks where a group's sources lie too far apart.
static void plan_windows(dpuv_resize *r, int32_t *starts, uint8_t *control, int16_t *weights) {
  dpuv_window shape = r->kernels->window;
  if (shape.results == 0 || r->source_row < shape.window) return;
  size_t blocks = (r->samples + DPUV_BLOCK - 1) / DPUV_BLOCK;
  for (size_t group = 0; group < blocks * DPUV_BLOCK / shape.results; group++) {
    size_t from = group * shape.results;
    size_t start = r->source_row - shape.window;
    for (size_t i = from; i < from + shape.results && i < r->samples; i++) {
      size_t left = (size_t)r->left[i / r->channels] + i % r->channels;
      if (left < start) start = left;
    }
    starts[group] = (int32_t)start;
    for (size_t i = from; i < from + shape.results; i++) {
      uint8_t *byte = control + 4 * i;
      byte[0] = byte[1] = byte[2] = byte[3] = 0x80;
      weights[2 * i] = weights[2 * i + 1] = 0;
      if (i >= r->samples) continue;
      size_t x = i / r->channels, channel = i % r->channels;
      size_t left = (size_t)r->left[x] + channel - start, right = (size_t)r->right[x] + channel - start;
      if (left >= shape.window || right >= shape.window) return;
      byte[0] = (uint8_t)left;
      byte[2] = (uint8_t)right;
      weights[2 * i] = r->left_weight[x];
      weights[2 * i + 1] = r->right_weight[x];
    }
  }
  r->plan = (dpuv_row_plan){blocks, starts, control, weights};
}

dpuv_resize *dpuv_resize_create(dpuv_isa isa, const dpuv_axis *columns, const dpuv_axis *rows, size_t channels) {
  if (!dpuv_isa_available(isa)) return NULL;
  size_t width = (size_t)columns->target, height = (size_t)rows->target;
  size_t padded = (width * channels + DPUV_BLOCK - 1) / DPUV_BLOCK * DPUV_BLOCK;
  // One piece of memory, what the vectors load first: so it begins at cache lines.
  size_t vectors = 4 * padded + 2 * (4 * padded), words = 2 * width + 2 * height + padded, halves = 2 * width + 2 * height;
  size_t bytes = vectors + 4 * words + 2 * halves + sizeof(dpuv_resize);
  uint8_t *control = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (control == NULL) return NULL;
  int16_t *weights = (int16_t *)(control + 4 * padded), *weighed = weights + 2 * padded;
  dpuv_resize *r = (dpuv_resize *)(weighed + 2 * padded);
  int32_t *word = (int32_t *)(r + 1);
  int16_t *half = (int16_t *)(word + words);
  *r = (dpuv_resize){
      .memory = control,
      .kernels = dpuv_kernels_for(isa),
      .channels = channels,
      .source_row = (size_t)columns->source * channels,
      .samples = width * channels,
      .target_width = columns->target,
      .left = word,
      .right = word + width,
      .first = word + 2 * width,
      .second = word + 2 * width + height,
      .left_weight = half,
      .right_weight = half + width,
      .first_weight = half + 2 * width,
      .second_weight = half + 2 * width + height,
      .weighed = {weighed, weighed + padded},
      .held = {-1, -1},
  };
  for (size_t x = 0; x < width; x++) {
    r->left[x] = columns->first[x] * (int32_t)channels;
    r->right[x] = columns->second[x] * (int32_t)channels;
  }
  memcpy(r->left_weight, columns->first_weight, width * sizeof *half);
  memcpy(r->right_weight, columns->second_weight, width * sizeof *half);
  memcpy(r->first, rows->first, height * sizeof *word);
  memcpy(r->second, rows->second, height * sizeof *word);
  memcpy(r->first_weight, rows->first_weight, height * sizeof *half);
  memcpy(r->second_weight, rows->second_weight, height * sizeof *half);
  plan_windows(r, word + 2 * width + 2 * height, control, weights);
  return r;
}

void dpuv_resize_destroy(dpuv_resize *resize) {
  if (resize != NULL) free(resize->memory);
}

void dpuv_resize_begin(dpuv_resize *resize) { resize->held[0] = resize->held[1] = -1; }

INLINE void weigh_channels(const dpuv_resize *r, const uint8_t *source, int16_t *row, const size_t channels) {
  for (int32_t x = 0; x < r->target_width; x++, row += channels) {
    const uint8_t *left = source + r->left[x], *right = source + r->right[x];
    for (size_t c = 0; c < channels; c++) {
      row[c] = (int16_t)((left[c] * r->left_weight[x] + right[c] * r->right_weight[x]) >> 4);
    }
  }
}

// Weighs one source row along x.
static void weigh(const dpuv_resize *r, const uint8_t *source, int16_t *row) {
  if (r->plan.blocks > 0) {
    r->kernels->weigh_row(&r->plan, source, row);
    return;
  }
  switch (r->channels) {
    case 1: weigh_channels(r, source, row, 1); break;
    case 3: weigh_channels(r, source, row, 3); break;
    default: weigh_channels(r, source, row, r->channels); break;
  }
}

void dpuv_resize_row(dpuv_resize *r, const uint8_t *source, size_t row, uint8_t *out) {
  int32_t first = r->first[row], second = r->second[row];
  if (r->held[0] != first && r->held[1] == first) {
    int16_t *other = r->weighed[0];
    r->weighed[0] = r->weighed[1];
    r->weighed[1] = other;
    r->held[1] = r->held[0];
    r->held[0] = first;
  }
  if (r->held[0] != first) {
    weigh(r, source + (size_t)first * r->source_row, r->weighed[0]);
    r->held[0] = first;
  }
  if (second != first && r->held[1] != second) {
    weigh(r, source + (size_t)second * r->source_row, r->weighed[1]);
    r->held[1] = second;
  }
  const int16_t *below = second == first ? r->weighed[0] : r->weighed[1];
  r->kernels->blend_rows(r->weighed[0], r->first_weight[row], below, r->second_weight[row], out, r->samples);
}
