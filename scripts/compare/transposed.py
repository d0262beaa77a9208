"""Transposed convolution as ordinary convolutions over the input at its own resolution.

Output row y = stride * q + phase takes kernel row k from input row q + (phase + k - border) / stride where that is
whole. So each of the stride_h * stride_w phases of the output is a small convolution of its own, and the phases are
woven together afterwards.
"""

import itertools

import numpy


def raster_kernel(stored, kernel, stride):
    """Weights [oc, kh, kw, ic] in raster order from the order of compiled files, where taps are grouped by parity.

    `kernel` and `stride` are (height, width).
    """
    taps = [
        (y, x)
        for parity_y in range(stride[0])
        for parity_x in range(stride[1])
        for y in range(parity_y, kernel[0], stride[0])
        for x in range(parity_x, kernel[1], stride[1])
    ]
    out_channels, in_channels = stored.shape[0], stored.shape[3]
    grouped = stored.reshape(out_channels, len(taps), in_channels)
    raster = numpy.zeros((out_channels, *kernel, in_channels), numpy.int8)
    for place, (y, x) in enumerate(taps):
        raster[:, y, x, :] = grouped[:, place, :]
    return raster


def phase_convolutions(kernel, stride, border, widened):
    """One convolution for each phase of the output, in raster order of the phases.

    `kernel` is [oc, kh, kw, ic] in raster order; `border` is (top, left) of the zeros before the zero-inserted input.
    With `widened`, all phases get the same window, filled up with zero weights. Gives (weights [oc, ic, h, w],
    pads [top, left, bottom, right]) for each phase.
    """
    rows = _taps(kernel.shape[1], stride[0], border[0])
    columns = _taps(kernel.shape[2], stride[1], border[1])
    convolutions = []
    for row_taps, column_taps in itertools.product(rows, columns):
        low_y, high_y = _extent(itertools.chain(*rows) if widened else row_taps)
        low_x, high_x = _extent(itertools.chain(*columns) if widened else column_taps)
        weights = numpy.zeros(
            (kernel.shape[0], kernel.shape[3], high_y - low_y + 1, high_x - low_x + 1), numpy.int8
        )
        for (tap_y, offset_y), (tap_x, offset_x) in itertools.product(row_taps, column_taps):
            weights[:, :, offset_y - low_y, offset_x - low_x] = kernel[:, tap_y, tap_x, :]
        convolutions.append((weights, [-low_y, -low_x, high_y, high_x]))
    return convolutions


def _taps(kernel, stride, border):
    """For each phase of the output, its (kernel index, offset in the input) pairs."""
    return [
        [(tap, (phase + tap - border) // stride) for tap in range(kernel) if (phase + tap - border) % stride == 0]
        for phase in range(stride)
    ]


def _extent(taps):
    """Lowest and highest offset, 0 included so that the output keeps the input's size."""
    offsets = [0] + [offset for _, offset in taps]
    return min(offsets), max(offsets)
