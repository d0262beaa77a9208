// Preparing a convolution: checks, the layout of the band, packed weights.
#include <stdlib.h>
#include <string.h>

#include "convolution.h"

enum {
  VECTOR_ALIGNMENT = 64,
  SLACK = 128,                  // bytes behind the band that a vector load may touch
  BAND_TARGET = 96 * 1024,     // bytes of band to aim at: a part of the second-level cache
};
static const size_t largest_band = (size_t)1 << 30;

static size_t round_up(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// Whether every element of a tensor can be addressed without overflow.
static bool addressable(int32_t height, int32_t width, int32_t channels, ptrdiff_t row, ptrdiff_t pixel) {
  ptrdiff_t rows, pixels, end;
  return row >= 0 && pixel >= channels && !__builtin_mul_overflow(row, height - 1, &rows)
         && !__builtin_mul_overflow(pixel, width - 1, &pixels) && !__builtin_add_overflow(rows, pixels, &end)
         && !__builtin_add_overflow(end, channels, &end);
}

static bool geometry_is_valid(const dpuk_conv_params *p) {
  return p->in_height >= 1 && p->in_width >= 1 && p->in_channels >= 1 && p->out_height >= 1 && p->out_width >= 1
         && p->out_channels >= 1 && p->kernel_height >= 1 && p->kernel_width >= 1 && p->stride_y >= 1
         && p->stride_x >= 1 && p->dilation_y >= 1 && p->dilation_x >= 1
         && addressable(p->in_height, p->in_width, p->in_channels, p->in_row_stride, p->in_pixel_stride)
         && addressable(p->out_height, p->out_width, p->out_channels, p->out_row_stride, p->out_pixel_stride);
}

static bool params_are_valid(const dpuk_conv_params *p) {
  return geometry_is_valid(p) && p->weights && p->bias && p->shift >= 1 && p->shift <= 31 && p->low >= -128
         && p->high <= 127 && p->low <= p->high;
}

// Allocates zeroed memory for `count` objects inside one block: the first pass adds up, the second hands out.
typedef struct {
  uint8_t *base;
  size_t used;
  bool overflow;
} arena;

static void *take(arena *a, size_t count, size_t size) {
  size_t bytes, end;
  if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(a->used, bytes, &end)
      || __builtin_add_overflow(end, (size_t)VECTOR_ALIGNMENT, &end)) {
    a->overflow = true;
    return NULL;
  }
  void *start = a->base ? a->base + a->used : NULL;
  a->used = round_up(a->used + bytes, VECTOR_ALIGNMENT);
  return start;
}

static void *allocate(size_t bytes) {
  void *memory = bytes > PTRDIFF_MAX - VECTOR_ALIGNMENT
                     ? NULL
                     : aligned_alloc(VECTOR_ALIGNMENT, round_up(bytes ? bytes : 1, VECTOR_ALIGNMENT));
  if (memory) memset(memory, 0, bytes);
  return memory;
}

// What a sum of an output channel starts from so that one right shift by shift - 1 finishes it:
// (2*sum + bias + 2^(shift-1)) >> shift == (sum + ((bias + 2^(shift-1)) >> 1)) >> (shift - 1).
static int32_t start_of_sum(const dpuk_conv_params *p, int32_t channel, int32_t correction) {
  int64_t doubled = (int64_t)p->bias[channel] + ((int64_t)1 << (p->shift - 1));
  return (int32_t)((uint32_t)(doubled >> 1) + (uint32_t)correction);
}

// MARK: - Blocks of output channels

// Cuts `channels` into blocks with the least total cost; writes the sizes if `sizes` isn't NULL, returns their number.
static int32_t cut_channels(const dpuk_kernels *k, int32_t channels, int32_t *sizes) {
  int32_t largest = 0;
  for (int32_t size = 1; size <= DPUK_MAX_BLOCK; size++) {
    if (k->max_vectors[size]) largest = size;
  }
  // All but the last few channels go to largest blocks; the best cut of the rest is searched.
  enum { SEARCHED = 3 * DPUK_MAX_BLOCK };
  int32_t whole = channels > SEARCHED ? (channels - 2 * DPUK_MAX_BLOCK) / largest : 0;
  int32_t rest = channels - whole * largest;
  int32_t cost[SEARCHED + 1] = {0}, last[SEARCHED + 1] = {0};
  for (int32_t n = 1; n <= rest; n++) {
    cost[n] = INT32_MAX;
    for (int32_t size = 1; size <= largest && size <= n; size++) {
      if (k->max_vectors[size] && cost[n - size] + k->block_cost[size] < cost[n]) {
        cost[n] = cost[n - size] + k->block_cost[size];
        last[n] = size;
      }
    }
  }
  int32_t count = 0;
  for (; count < whole; count++) {
    if (sizes) sizes[count] = largest;
  }
  for (int32_t n = rest; n > 0; n -= last[n], count++) {
    if (sizes) sizes[count] = last[n];
  }
  return count;
}

// MARK: - Layout of the band

// Whether planes of whole window rows ("runs") take clearly fewer groups than planes of channels, as with 1 or 3
// input channels, and their line of input stays small.
static bool runs_pay(const dpuk_conv_params *p, int64_t group) {
  int64_t run = (int64_t)p->kernel_width * p->in_channels;
  int64_t by_run = (run + group - 1) / group;
  int64_t by_channel = (int64_t)p->kernel_width * (((int64_t)p->in_channels + group - 1) / group);
  int64_t columns = (int64_t)(p->out_width - 1) * p->stride_x + p->kernel_width;
  return p->kernel_width > 1 && p->dilation_x == 1 && p->in_channels <= 2 * group && 4 * by_run <= 3 * by_channel
         && columns <= 4 * ((int64_t)p->in_width + p->kernel_width) + 64;
}

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// Where the taps of a window row find their columns.
typedef struct {
  bool shared;
  int64_t phases, cells;
} column_plan;

// Taps whose columns differ by a multiple of the stride share planes of input columns, unless dilation makes these
// wider than planes for each tap alone.
static column_plan plan_columns(const dpuk_conv_params *p) {
  int64_t reach = ((int64_t)(p->kernel_width - 1) * p->dilation_x) / p->stride_x;
  // tap*dilation mod stride repeats after so many taps.
  int64_t period = p->stride_x / greatest_common_divisor(p->stride_x, p->dilation_x);
  int64_t phases = smaller(period, p->kernel_width);
  int64_t own_cells = (int64_t)p->out_width * p->kernel_width, cells;
  bool shared = !__builtin_mul_overflow(reach + p->out_width, phases, &cells) && cells <= 2 * own_cells + 64;
  return shared ? (column_plan){true, phases, reach + p->out_width}
                : (column_plan){false, p->kernel_width, p->out_width};
}

static int64_t phase_of_tap(const column_plan *plan, int64_t tap) { return plan->shared ? tap % plan->phases : tap; }

static int64_t cell_of_tap(const column_plan *plan, const dpuk_conv_params *p, int64_t tap) {
  return plan->shared ? tap * p->dilation_x / p->stride_x : 0;
}

// Sets the sizes of the band. Returns false if it would be absurdly large.
static bool size_band(dpuk_conv *conv) {
  const dpuk_conv_params *p = &conv->params;
  const dpuk_kernels *k = conv->kernels;
  size_t cell = (size_t)k->group * (size_t)k->width;
  // A vector may start at any reached cell of its row's last vector.
  size_t cells = (size_t)conv->plane_cells + (size_t)k->lanes;
  conv->plane_stride = round_up(cells * cell, VECTOR_ALIGNMENT);
  // Planes a power of two apart would fall into few cache sets.
  if (conv->plane_stride % 512 == 0) conv->plane_stride += VECTOR_ALIGNMENT;
  if (__builtin_mul_overflow(conv->plane_stride, (size_t)conv->planes_of_phase, &conv->phase_stride)
      || __builtin_mul_overflow(conv->phase_stride, (size_t)conv->phase_count, &conv->slot_stride)
      || conv->slot_stride > largest_band / (size_t)p->kernel_height) {
    return false;
  }
  int64_t window = (int64_t)(p->kernel_height - 1) * p->dilation_y + 1;
  int64_t fitting = (int64_t)(BAND_TARGET / conv->slot_stride);
  // Rows of output that share input rows, or that bring their own where windows are sparse or far apart.
  int64_t shared_rows = fitting < window ? 1 : (fitting - window) / p->stride_y + 1;
  int64_t own_rows = fitting < p->kernel_height ? 1 : fitting / p->kernel_height;
  shared_rows = smaller(shared_rows, p->out_height);
  own_rows = smaller(own_rows, p->out_height);
  conv->slots_are_rows = window <= 2 * (int64_t)p->kernel_height && p->stride_y <= 2 * window;
  if (conv->slots_are_rows) {
    conv->block_rows = (int32_t)shared_rows;
    conv->slot_step = p->stride_y;
    conv->slot_tap_step = p->dilation_y;
    conv->slots = (shared_rows - 1) * p->stride_y + window;
  } else {
    conv->block_rows = (int32_t)own_rows;
    conv->slot_step = p->kernel_height;
    conv->slot_tap_step = 1;
    conv->slots = own_rows * p->kernel_height;
  }
  size_t band;
  if (__builtin_mul_overflow((size_t)conv->slots, conv->slot_stride, &band) || band > largest_band) return false;
  conv->line_bytes = conv->runs ? round_up(conv->line_bytes + SLACK, VECTOR_ALIGNMENT) : 0;
  conv->scratch_size = round_up(band + SLACK, VECTOR_ALIGNMENT) + conv->line_bytes;
  return conv->line_bytes <= largest_band;
}

// MARK: - Dense convolutions

// Stores one weight in its cell, as the byte or the 16-bit number that the instruction set multiplies with.
static void store_weight(uint8_t *cell, int32_t element, int32_t width, int8_t weight) {
  if (width == 1) {
    ((int8_t *)cell)[element] = weight;
  } else {
    int16_t wide = weight;
    memcpy(cell + 2 * (size_t)element, &wide, sizeof wide);
  }
}

// Packs the weights of a block: for each group, the cells of the block's channels.
static void pack_block(dpuk_conv *conv, dpuk_block *block) {
  const dpuk_conv_params *p = &conv->params;
  const dpuk_kernels *k = conv->kernels;
  size_t cell = (size_t)k->group * (size_t)k->width;
  int32_t channel_groups = (p->in_channels + k->group - 1) / k->group;
  size_t row = conv->runs ? (size_t)conv->planes_of_phase : (size_t)p->kernel_width * (size_t)channel_groups;
  size_t taps = (size_t)p->kernel_height * (size_t)p->kernel_width;
  for (int32_t b = 0; b < block->channels; b++) {
    size_t oc = (size_t)(block->first_channel + b);
    uint32_t sum = 0;
    for (size_t tap = 0; tap < taps; tap++) {
      const int8_t *from = p->weights + (oc * taps + tap) * (size_t)p->in_channels;
      size_t ky = tap / (size_t)p->kernel_width, kx = tap % (size_t)p->kernel_width;
      for (size_t ic = 0; ic < (size_t)p->in_channels; ic++) {
        size_t in_row = conv->runs ? kx * (size_t)p->in_channels + ic
                                   : kx * (size_t)channel_groups * (size_t)k->group + ic;
        size_t g = ky * row + in_row / (size_t)k->group;
        uint8_t *to = conv->weights + block->weights + (g * (size_t)block->channels + (size_t)b) * cell;
        store_weight(to, (int32_t)(in_row % (size_t)k->group), k->width, from[ic]);
        sum += (uint32_t)from[ic];
      }
    }
    // Activations are stored as x + 128 (x ^ 0x80 as unsigned byte): take 128 times the weights off again.
    int32_t correction = k->flip ? (int32_t)(0u - 128u * sum) : 0;
    conv->start[oc] = start_of_sum(p, (int32_t)oc, correction);
    conv->sums_start[oc] = correction;
  }
  block->careful = k->needs_care && k->needs_care(conv->weights + block->weights, conv->groups, block->channels);
}

// Hands out (or, with no base, adds up) the parts of a dense convolution's constants.
static void take_dense(dpuk_conv *conv, arena *a, size_t weight_bytes) {
  const dpuk_conv_params *p = &conv->params;
  conv->weights = take(a, weight_bytes, 1);
  conv->start = take(a, (size_t)p->out_channels, sizeof *conv->start);
  conv->sums_start = take(a, (size_t)p->out_channels, sizeof *conv->sums_start);
  conv->offsets = take(a, conv->groups, sizeof *conv->offsets);
  conv->blocks = take(a, (size_t)conv->block_count, sizeof *conv->blocks);
  conv->phases = take(a, (size_t)conv->phase_count, sizeof *conv->phases);
}

static bool prepare_dense(dpuk_conv *conv, int32_t *sizes) {
  const dpuk_conv_params *p = &conv->params;
  const dpuk_kernels *k = conv->kernels;
  size_t cell = (size_t)k->group * (size_t)k->width;
  conv->runs = runs_pay(p, k->group);
  int64_t run = (int64_t)p->kernel_width * p->in_channels;
  int64_t channel_groups = ((int64_t)p->in_channels + k->group - 1) / k->group;
  int64_t planes = conv->runs ? (run + k->group - 1) / k->group : channel_groups;
  int64_t row_groups = conv->runs ? planes : channel_groups * p->kernel_width;
  int64_t groups;
  if (planes > INT32_MAX || __builtin_mul_overflow(row_groups, (int64_t)p->kernel_height, &groups)
      || groups > INT32_MAX) {
    return false;
  }
  conv->planes_of_phase = (int32_t)planes;
  conv->groups = round_up((size_t)groups, (size_t)k->groups_multiple);
  column_plan plan = conv->runs ? (column_plan){.phases = 1, .cells = p->out_width} : plan_columns(p);
  if (plan.cells > INT32_MAX / 8 || plan.phases > INT32_MAX / 8) return false;
  conv->phase_count = (int32_t)plan.phases;
  conv->plane_cells = (int32_t)plan.cells;
  if (conv->runs) {
    conv->line_bytes = ((size_t)(p->out_width - 1) * (size_t)p->stride_x + (size_t)p->kernel_width)
                       * (size_t)p->in_channels;
    conv->line_stride = (size_t)p->stride_x * (size_t)p->in_channels;
  }
  if (!size_band(conv)) return false;

  size_t weight_bytes;
  if (__builtin_mul_overflow(conv->groups * cell, (size_t)p->out_channels, &weight_bytes)) return false;
  arena a = {0};
  take_dense(conv, &a, weight_bytes);
  if (a.overflow || !(conv->constants = allocate(a.used))) return false;
  conv->packed_size = a.used;
  a = (arena){.base = conv->constants};
  take_dense(conv, &a, weight_bytes);

  for (int32_t phase = 0; phase < conv->phase_count && !conv->runs; phase++) {
    int64_t column = (int64_t)phase * p->dilation_x;
    conv->phases[phase].first_column = (plan.shared ? column % p->stride_x : column) - p->pad_left;
  }
  for (size_t g = 0; g < conv->groups; g++) {
    // Groups that only pad to the multiple have zero weights and may read anything.
    size_t real = g < (size_t)groups ? g : 0;
    size_t ky = real / (size_t)row_groups, in_row = real % (size_t)row_groups;
    size_t offset = ky * (size_t)conv->slot_tap_step * conv->slot_stride;
    if (conv->runs) {
      offset += in_row * conv->plane_stride;
    } else {
      size_t kx = in_row / (size_t)channel_groups, plane = in_row % (size_t)channel_groups;
      offset += (size_t)phase_of_tap(&plan, (int64_t)kx) * conv->phase_stride + plane * conv->plane_stride
                + (size_t)cell_of_tap(&plan, p, (int64_t)kx) * cell;
    }
    conv->offsets[g] = (int32_t)offset;
  }
  cut_channels(k, p->out_channels, sizes);
  size_t weights = 0;
  int32_t channel = 0;
  for (int32_t b = 0; b < conv->block_count; b++) {
    conv->blocks[b] = (dpuk_block){.first_channel = channel, .channels = sizes[b], .weights = weights};
    pack_block(conv, &conv->blocks[b]);
    channel += sizes[b];
    weights += conv->groups * (size_t)sizes[b] * cell;
  }
  return true;
}

// Makes the object, or frees what there is of it.
static dpuk_conv *finish(dpuk_conv *conv, bool ok) {
  if (conv && !ok) {
    dpuk_conv_destroy(conv);
    conv = NULL;
  }
  if (conv) conv->params.weights = NULL, conv->params.bias = NULL;
  return conv;
}

static dpuk_conv *start_conv(dpuk_isa isa, const dpuk_conv_params *params) {
  const dpuk_kernels *kernels = dpuk_kernels_for(isa);
  if (!kernels || !params || !params_are_valid(params)) return NULL;
  dpuk_conv *conv = calloc(1, sizeof *conv);
  if (conv) conv->kernels = kernels, conv->params = *params;
  return conv;
}

dpuk_conv *dpuk_conv_create(dpuk_isa isa, const dpuk_conv_params *params) {
  dpuk_conv *conv = start_conv(isa, params);
  if (!conv) return NULL;
  conv->block_count = cut_channels(conv->kernels, params->out_channels, NULL);
  int32_t *sizes = calloc((size_t)conv->block_count, sizeof *sizes);
  bool ok = sizes && prepare_dense(conv, sizes);
  free(sizes);
  return finish(conv, ok);
}

// MARK: - Depthwise convolutions

static void take_depthwise(dpuk_conv *conv, arena *a, size_t weights) {
  conv->weights = take(a, weights, 1);
  conv->start = take(a, (size_t)conv->params.out_channels, sizeof *conv->start);
  conv->sums_start = take(a, (size_t)conv->params.out_channels, sizeof *conv->sums_start);
}

dpuk_conv *dpuk_depthwise_create(dpuk_isa isa, const dpuk_conv_params *params) {
  if (!params || params->in_channels != params->out_channels) return NULL;
  dpuk_conv *conv = start_conv(isa, params);
  if (!conv) return NULL;
  conv->depthwise = true;
  size_t taps, weights;
  bool ok = !__builtin_mul_overflow((size_t)params->kernel_height, (size_t)params->kernel_width, &taps)
            && !__builtin_mul_overflow(taps, (size_t)params->in_channels, &weights);
  arena a = {0};
  if (ok) take_depthwise(conv, &a, weights);
  ok = ok && !a.overflow && (conv->constants = allocate(a.used));
  if (ok) {
    conv->packed_size = a.used;
    a = (arena){.base = conv->constants};
    take_depthwise(conv, &a, weights);
    memcpy(conv->weights, params->weights, weights);
    for (int32_t c = 0; c < params->out_channels; c++) conv->start[c] = start_of_sum(params, c, 0);
  }
  return finish(conv, ok);
}

// MARK: - Life

void dpuk_conv_destroy(dpuk_conv *conv) {
  if (!conv) return;
  free(conv->constants);
  free(conv);
}

size_t dpuk_conv_scratch_size(const dpuk_conv *conv) { return conv->scratch_size; }

size_t dpuk_conv_packed_size(const dpuk_conv *conv) { return conv->packed_size; }
