// Running a prepared convolution: fills the band, then walks tiles over it; depthwise rows and max pools go by window.
#include <string.h>

#include "convolution.h"

static int64_t at_least(int64_t value, int64_t low) { return value < low ? low : value; }

static int64_t at_most(int64_t value, int64_t high) { return value > high ? high : value; }

// The quotient rounded up, for any dividend.
static int64_t divide_up(int64_t a, int64_t b) { return a > 0 ? (a - 1) / b + 1 : -(-a / b); }

// MARK: - The band

// Zeros (flipped as activations are) in some cells of all planes of a phase.
static void fill_cells(const dpuk_conv *conv, uint8_t *planes, int64_t first, int64_t end) {
  size_t cell = (size_t)conv->kernels->group * (size_t)conv->kernels->width;
  if (first >= end) return;
  for (int32_t plane = 0; plane < conv->planes_of_phase; plane++) {
    memset(planes + (size_t)plane * conv->plane_stride + (size_t)first * cell, conv->kernels->flip,
           (size_t)(end - first) * cell);
  }
}

// Columns of one input row into the planes of one phase, zeros outside.
static void fill_phase(const dpuk_conv *conv, const int8_t *row, int64_t first_column, uint8_t *planes) {
  const dpuk_conv_params *p = &conv->params;
  const dpuk_kernels *k = conv->kernels;
  int64_t cells = conv->plane_cells;
  int64_t first = at_most(at_least(divide_up(-first_column, p->stride_x), 0), cells);
  int64_t end = at_most(at_least(divide_up((int64_t)p->in_width - first_column, p->stride_x), first), cells);
  fill_cells(conv, planes, 0, first);
  if (first < end) {
    const int8_t *from = row + (first_column + first * p->stride_x) * p->in_pixel_stride;
    // A step is only taken between two pixels inside the row, so it can't overflow where it is used.
    ptrdiff_t step = end - first > 1 ? (ptrdiff_t)p->stride_x * p->in_pixel_stride : 0;
    k->pack(from, step, p->in_channels, (int32_t)(end - first),
            planes + (size_t)first * (size_t)k->group * (size_t)k->width, conv->plane_stride);
  }
  fill_cells(conv, planes, end, cells);
}

// One input row, dense and padded, into the line, then window rows from it into planes.
static void fill_runs(const dpuk_conv *conv, const int8_t *row, int8_t *line, uint8_t *planes) {
  const dpuk_conv_params *p = &conv->params;
  const dpuk_kernels *k = conv->kernels;
  int64_t columns = (int64_t)(p->out_width - 1) * p->stride_x + p->kernel_width;
  int64_t first = at_most(at_least(p->pad_left, 0), columns);
  int64_t end = at_most(at_least((int64_t)p->in_width + p->pad_left, first), columns);
  int64_t channels = p->in_channels;
  memset(line, 0, (size_t)(first * channels));
  if (first < end) {
    const int8_t *from = row + (first - p->pad_left) * p->in_pixel_stride;
    if (p->in_pixel_stride == channels) {
      memcpy(line + first * channels, from, (size_t)((end - first) * channels));
    } else {
      for (int64_t i = 0; i < end - first; i++) {
        memcpy(line + (first + i) * channels, from + i * p->in_pixel_stride, (size_t)channels);
      }
    }
  }
  memset(line + end * channels, 0, conv->line_bytes - (size_t)(end * channels));
  // The line has slack behind it, so that whole cells can be read; their weights are zero.
  k->pack(line, (ptrdiff_t)conv->line_stride, conv->planes_of_phase * k->group, p->out_width, planes,
          conv->plane_stride);
}

static void fill_slot(const dpuk_conv *conv, const int8_t *in, int64_t y, int8_t *line, uint8_t *slot) {
  bool inside = y >= 0 && y < conv->params.in_height;
  const int8_t *row = inside ? in + y * conv->params.in_row_stride : NULL;
  for (int32_t phase = 0; phase < conv->phase_count; phase++) {
    uint8_t *planes = slot + (size_t)phase * conv->phase_stride;
    if (!inside) {
      fill_cells(conv, planes, 0, conv->plane_cells);
    } else if (conv->runs) {
      fill_runs(conv, row, line, planes);
    } else {
      fill_phase(conv, row, conv->phases[phase].first_column, planes);
    }
  }
}

static void fill_band(const dpuk_conv *conv, const int8_t *in, int32_t first_row, int32_t rows, uint8_t *band,
                      int8_t *line) {
  const dpuk_conv_params *p = &conv->params;
  int64_t top = (int64_t)first_row * p->stride_y - p->pad_top;
  if (conv->slots_are_rows) {
    int64_t slots = (rows - 1) * conv->slot_step + (int64_t)(p->kernel_height - 1) * p->dilation_y + 1;
    for (int64_t slot = 0; slot < slots; slot++) {
      fill_slot(conv, in, top + slot, line, band + (size_t)slot * conv->slot_stride);
    }
  } else {
    for (int32_t row = 0; row < rows; row++) {
      for (int32_t tap = 0; tap < p->kernel_height; tap++) {
        size_t slot = (size_t)row * (size_t)p->kernel_height + (size_t)tap;
        fill_slot(conv, in, top + (int64_t)row * p->stride_y + (int64_t)tap * p->dilation_y, line,
                  band + slot * conv->slot_stride);
      }
    }
  }
}

// MARK: - Tiles

// All tiles of one block of output channels over the rows whose band is filled.
static void run_block(const dpuk_conv *conv, const dpuk_block *block, const uint8_t *band, int8_t *out, int32_t *sums,
                      int32_t rows) {
  const dpuk_conv_params *p = &conv->params;
  const dpuk_kernels *k = conv->kernels;
  size_t cell = (size_t)k->group * (size_t)k->width;
  ptrdiff_t channels = p->out_channels;
  int64_t of_row = (p->out_width - 1) / k->lanes + 1, all = of_row * rows;
  int64_t tiles = (all - 1) / k->max_vectors[block->channels] + 1;
  dpuk_tile tile = {
      .offsets = conv->offsets,
      .groups = conv->groups,
      .weights = conv->weights + block->weights,
      .start = (sums ? conv->sums_start : conv->start) + block->first_channel,
      .shift = p->shift - 1,
      .low = (int8_t)p->low,
      .high = (int8_t)p->high,
      .out_pixel_stride = sums ? channels : p->out_pixel_stride,
  };
  int64_t row = 0, in_row = 0;
  for (int64_t t = 0, done = 0; t < tiles; t++) {
    // Tiles of nearly equal size: a small rest would waste its loads.
    int32_t vectors = (int32_t)((all - done) / (tiles - t));
    for (int32_t v = 0; v < vectors; v++) {
      int64_t x = in_row * k->lanes;
      tile.band[v] = band + (size_t)(row * conv->slot_step) * conv->slot_stride + (size_t)x * cell;
      tile.pixels[v] = (int32_t)at_most(p->out_width - x, k->lanes);
      if (sums) {
        tile.sums[v] = sums + (row * p->out_width + x) * channels + block->first_channel;
      } else {
        tile.out[v] = out + row * p->out_row_stride + x * p->out_pixel_stride + block->first_channel;
      }
      if (++in_row == of_row) in_row = 0, row++;
    }
    (block->careful ? k->careful_tiles : k->tiles)[block->channels][vectors](&tile);
    done += vectors;
  }
}

static void run_dense(const dpuk_conv *conv, const int8_t *in, int8_t *out, int32_t *sums, int32_t first_row,
                      int32_t end_row, void *scratch) {
  const dpuk_conv_params *p = &conv->params;
  uint8_t *band = (uint8_t *)scratch + conv->line_bytes;
  for (int32_t row = first_row; row < end_row;) {
    int32_t rows = (int32_t)at_most((int64_t)end_row - row, conv->block_rows);
    fill_band(conv, in, row, rows, band, scratch);
    for (int32_t b = 0; b < conv->block_count; b++) {
      run_block(conv, &conv->blocks[b], band, out ? out + (ptrdiff_t)row * p->out_row_stride : NULL,
                sums ? sums + (ptrdiff_t)(row - first_row) * p->out_width * p->out_channels : NULL, rows);
    }
    row += rows;
  }
}

// MARK: - Windows

// The taps first..<end of a window along one axis that lie inside the input.
typedef struct {
  int64_t first, end;
} tap_range;

static tap_range taps_inside(int64_t origin, int64_t kernel, int64_t dilation, int64_t length) {
  int64_t first = at_most(at_least(divide_up(-origin, dilation), 0), kernel);
  int64_t end = at_most(at_least(divide_up(length - origin, dilation), first), kernel);
  return (tap_range){first, end};
}

// Calls `run` for stretches of pixels of an output row whose windows lose the same taps to the padding.
static void for_each_stretch(const dpuk_conv_params *p, const int8_t *in, int32_t row_index, dpuk_window_row row,
                             ptrdiff_t weights_of_tap, void (*run)(const dpuk_window_row *row, const void *context),
                             const void *context) {
  int64_t y = (int64_t)row_index * p->stride_y - p->pad_top;
  tap_range down = taps_inside(y, p->kernel_height, p->dilation_y, p->in_height);
  int64_t width = (int64_t)(p->kernel_width - 1) * p->dilation_x + 1;
  // Pixels whose window lies inside: 0 <= x*stride - pad and x*stride - pad + width <= in_width.
  int64_t inside = at_most(at_least(divide_up(p->pad_left, p->stride_x), 0), p->out_width);
  int64_t beyond = divide_up((int64_t)p->in_width + p->pad_left - width + 1, p->stride_x);
  beyond = at_most(at_least(beyond, inside), p->out_width);
  const int8_t *weights = row.weights;
  int8_t *out = row.out;
  int32_t *sums = row.sums;
  for (int64_t x = 0; x < p->out_width;) {
    int64_t count = x == inside && beyond > inside ? beyond - inside : 1;
    int64_t origin = x * p->stride_x - p->pad_left;
    tap_range along = taps_inside(origin, p->kernel_width, p->dilation_x, p->in_width);
    bool any = down.first < down.end && along.first < along.end;
    row.taps_y = any ? (int32_t)(down.end - down.first) : 0;
    row.taps_x = any ? (int32_t)(along.end - along.first) : 0;
    row.in = any ? in + (y + down.first * p->dilation_y) * p->in_row_stride
                       + (origin + along.first * p->dilation_x) * p->in_pixel_stride
                 : in;
    if (weights && any) row.weights = weights + (down.first * p->kernel_width + along.first) * weights_of_tap;
    // Steps that are never taken are 0: they could overflow.
    row.in_tap_stride_y = row.taps_y > 1 ? (ptrdiff_t)p->dilation_y * p->in_row_stride : 0;
    row.in_tap_stride_x = row.taps_x > 1 ? (ptrdiff_t)p->dilation_x * p->in_pixel_stride : 0;
    row.in_pixel_stride = count > 1 ? (ptrdiff_t)p->stride_x * p->in_pixel_stride : 0;
    row.pixels = (int32_t)count;
    if (sums) {
      row.sums = sums + x * row.out_pixel_stride;
    } else {
      row.out = out + x * row.out_pixel_stride;
    }
    run(&row, context);
    x += count;
  }
}

static void run_depthwise_row(const dpuk_window_row *row, const void *context) {
  ((const dpuk_kernels *)context)->depthwise_row(row);
}

static void run_depthwise(const dpuk_conv *conv, const int8_t *in, int8_t *out, int32_t *sums, int32_t first_row,
                          int32_t end_row) {
  const dpuk_conv_params *p = &conv->params;
  ptrdiff_t channels = p->out_channels;
  dpuk_window_row row = {
      .weights = (const int8_t *)conv->weights,
      .weight_stride_x = channels,
      .weight_stride_y = channels * p->kernel_width,
      .start = sums ? conv->sums_start : conv->start,
      .channels = p->out_channels,
      .shift = p->shift - 1,
      .low = (int8_t)p->low,
      .high = (int8_t)p->high,
      .out_pixel_stride = sums ? channels : p->out_pixel_stride,
  };
  for (int32_t y = first_row; y < end_row; y++) {
    row.out = out ? out + (ptrdiff_t)y * p->out_row_stride : NULL;
    row.sums = sums ? sums + (ptrdiff_t)(y - first_row) * p->out_width * channels : NULL;
    for_each_stretch(p, in, y, row, channels, run_depthwise_row, conv->kernels);
  }
}

// MARK: - Entry points

void dpuk_conv_run(const dpuk_conv *conv, const int8_t *in, int8_t *out, int32_t first_row, int32_t end_row,
                   void *scratch) {
  if (conv->depthwise) {
    run_depthwise(conv, in, out, NULL, first_row, end_row);
  } else {
    run_dense(conv, in, out, NULL, first_row, end_row, scratch);
  }
}

void dpuk_conv_run_sums(const dpuk_conv *conv, const int8_t *in, int32_t *sums, int32_t first_row, int32_t end_row,
                        void *scratch) {
  if (conv->depthwise) {
    run_depthwise(conv, in, NULL, sums, first_row, end_row);
  } else {
    run_dense(conv, in, NULL, sums, first_row, end_row, scratch);
  }
}

typedef struct {
  void (*max_row)(const dpuk_window_row *row, int32_t shift);
  int32_t shift;
} max_context;

static void run_max_row(const dpuk_window_row *row, const void *context) {
  const max_context *c = context;
  c->max_row(row, c->shift);
}

void dpuk_max_pool(dpuk_isa isa, const dpuk_conv_params *p, int32_t shift, const int8_t *in, int8_t *out,
                   int32_t first_row, int32_t end_row) {
  max_context context = {.max_row = dpuk_elements_for(isa)->max_row, .shift = shift};
  for (int32_t y = first_row; y < end_row; y++) {
    dpuk_window_row row = {
        .channels = p->in_channels,
        .out = out + (ptrdiff_t)y * p->out_row_stride,
        .out_pixel_stride = p->out_pixel_stride,
    };
    for_each_stretch(p, in, y, row, 0, run_max_row, &context);
  }
}
