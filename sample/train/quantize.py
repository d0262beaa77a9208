"""Int8: choosing fix points, training with rounded numbers, and the DPU's exact integer arithmetic in numpy.

A tensor with fix point f holds integers q in [-128, 127] that stand for q / 2^f. Rounding shifts are
`R(t, s) = floor(t / 2^s + 1/2)`, `S` saturates to int8.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from network import INPUT, LAYERS, OUTPUT, Layer, Rounding, Weights, run

FixPoints = dict[str, int]
"""Fix points by name of tensor: the layers, and `NAME/weights` and `NAME/bias`."""

INPUT_FIX_POINT = 7
"""Pictures in [-1, 1] as int8."""


def quantized(values: np.ndarray, fix_point: int) -> np.ndarray:
    """Rounds floats to integers of a fix point: half to even, as weights are rounded, saturated."""
    return np.clip(np.rint(np.asarray(values, np.float64) * 2.0**fix_point), -128, 127).astype(np.int8)


def quantized_input(pictures: np.ndarray) -> np.ndarray:
    """Rounds prepared pictures half up, as the host does before it hands them to a DPU."""
    scaled = np.asarray(pictures, np.float64) * 2.0**INPUT_FIX_POINT
    return np.clip(np.floor(scaled + 0.5), -128, 127).astype(np.int8)


def best_fix_point(values: np.ndarray) -> int:
    """The fix point with the smallest mean squared error."""
    values = np.asarray(values, np.float64).ravel()
    ceiling = 7 - int(np.floor(np.log2(max(np.abs(values).max(), 1e-6))))
    errors = {f: np.mean((quantized(values, f) / 2.0**f - values) ** 2) for f in range(ceiling - 2, ceiling + 4)}
    return min(errors, key=errors.__getitem__)


def choose_fix_points(weights: Weights, pictures: np.ndarray) -> FixPoints:
    """Chooses all fix points from the weights and from what the float network makes of calibration pictures."""
    tensors = run(weights, jnp.asarray(pictures))
    fix_points: FixPoints = {INPUT: INPUT_FIX_POINT}
    for layer in LAYERS:
        first = fix_points[layer.inputs[0]]
        if layer.kind in ("pool", "upsample"):
            fix_points[layer.name] = first
        elif layer.kind == "concat":
            fix_points[layer.name] = min(fix_points[name] for name in layer.inputs)
        else:
            fix_points[layer.name] = best_fix_point(tensors[layer.name])
        if layer.has_weights:
            kernel = best_fix_point(weights[layer.name + "/weights"])
            fix_points[layer.name + "/weights"] = kernel
            # A finer bias than the accumulator would be shifted right, which loses bits for nothing.
            bias = best_fix_point(weights[layer.name + "/bias"])
            fix_points[layer.name + "/bias"] = min(bias, first + kernel + 1)
    return fix_points


def straight_through(fix_points: FixPoints) -> Rounding:
    """Rounding for training: the forward pass sees rounded numbers, the gradient passes where nothing saturates."""

    def rounding(name: str, x: jax.Array) -> jax.Array:
        scale = 2.0 ** fix_points[name]
        inside = jnp.clip(x, -128 / scale, 127 / scale)
        steps = inside * scale
        rounded = jnp.round(steps) if "/" in name else jnp.floor(steps + 0.5)
        return inside + jax.lax.stop_gradient(rounded / scale - inside)

    return rounding


def integer_weights(weights: Weights, fix_points: FixPoints) -> dict[str, np.ndarray]:
    """The int8 weights and biases."""
    return {name: quantized(value, fix_points[name]) for name, value in weights.items()}


def shifted(total: np.ndarray, shift: int) -> np.ndarray:
    """R(total, shift): shifts right, rounding half up; a negative shift is exact."""
    return (total + (1 << (shift - 1))) >> shift if shift > 0 else total << -shift


def saturated(total: np.ndarray) -> np.ndarray:
    """S(total)."""
    return np.clip(total, -128, 127).astype(np.int8)


def correlate(x: np.ndarray, kernel: np.ndarray, top: int, left: int) -> np.ndarray:
    """Sums x*w over the window, stride 1, zeros outside; `x` is already wide enough to the right and below."""
    out, kernel_height, kernel_width, _ = kernel.shape
    n, height, width, channels = x.shape
    bordered = np.zeros((n, height + kernel_height - 1, width + kernel_width - 1, channels), np.int64)
    bordered[:, top : top + height, left : left + width] = x
    total = np.zeros((n, height, width, out), np.int64)
    for row in range(kernel_height):
        for column in range(kernel_width):
            window = bordered[:, row : row + height, column : column + width].astype(np.float64)
            # Products and sums stay far below 2^53, so float64 is exact, and it has a fast matrix product.
            total += (window @ kernel[:, row, column].T.astype(np.float64)).astype(np.int64)
    return total


def integer_layer(layer: Layer, inputs: list[np.ndarray], weights: dict[str, np.ndarray], f: FixPoints) -> np.ndarray:
    """Computes one layer exactly as a DPU does, int8 NHWC."""
    x, of = inputs[0], f[layer.name]
    if layer.has_weights:
        kernel, bias = weights[layer.name + "/weights"], weights[layer.name + "/bias"].astype(np.int64)
        accumulator = f[layer.inputs[0]] + f[layer.name + "/weights"] + 1
        if layer.kind == "transposed-conv2d":
            spread = np.zeros((x.shape[0], 2 * x.shape[1], 2 * x.shape[2], x.shape[3]), np.int8)
            spread[:, ::2, ::2] = x
            sums = correlate(spread, kernel, 2, 2)
        else:
            sums = correlate(x, kernel, layer.kernel // 2, layer.kernel // 2)
        total = shifted(2 * sums + (bias << (accumulator - f[layer.name + "/bias"])), accumulator - of)
    elif layer.kind == "pool":
        n, height, width, channels = x.shape
        total = x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4)).astype(np.int64)
    elif layer.kind == "upsample":
        total = x.repeat(2, 1).repeat(2, 2).astype(np.int64)
    elif layer.kind == "concat":
        parts = [shifted(part.astype(np.int64), f[name] - of) for name, part in zip(layer.inputs, inputs, strict=True)]
        return np.concatenate([saturated(part) for part in parts], -1)
    else:
        coarsest = min(f[name] for name in layer.inputs)
        terms = [
            (4 * part.astype(np.int64)) >> (f[name] - coarsest) for name, part in zip(layer.inputs, inputs, strict=True)
        ]
        total = shifted(sum(terms), 2 + coarsest - of)
    return saturated(np.maximum(total, 0) if layer.relu else total)


def run_integers(pictures: np.ndarray, weights: dict[str, np.ndarray], fix_points: FixPoints) -> dict[str, np.ndarray]:
    """Computes every layer on int8 pictures, NHWC."""
    tensors = {INPUT: pictures}
    for layer in LAYERS:
        inputs = [tensors[name] for name in layer.inputs]
        tensors[layer.name] = integer_layer(layer, inputs, weights, fix_points)
    return tensors


def integer_labels(pictures: np.ndarray, weights: dict[str, np.ndarray], fix_points: FixPoints) -> np.ndarray:
    """The class with the highest score for each pixel; ties go to the lowest class."""
    return run_integers(pictures, weights, fix_points)[OUTPUT].argmax(-1).astype(np.uint8)
