"""The network: a small U-Net of operations that a DPU has, written as a list, and its float form in JAX.

The same list drives the float network, training with rounded numbers, the int8 reference (quantize.py) and the
description from which the `.xmodel` is written (export.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from phantoms import CLASSES

Weights = dict[str, jax.Array]
"""Weights and biases by `NAME/weights` (`[out, height, width, in]`) and `NAME/bias` (`[out]`)."""

INPUT = "picture"


@dataclass(frozen=True)
class Layer:
    """One operation: `kind` is its DPU type without `-fix`, `inputs` are names of layers, `channels` those it makes."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    channels: int
    kernel: int = 1
    relu: bool = False

    @property
    def has_weights(self) -> bool:
        """Whether the layer is a convolution."""
        return self.kind in ("conv2d", "transposed-conv2d")


def conv(name: str, source: str, channels: int, kernel: int = 3, relu: bool = True) -> Layer:
    """A convolution with stride 1 that keeps height and width."""
    return Layer(name, "conv2d", (source,), channels, kernel, relu)


def double_width(name: str, source: str, channels: int) -> Layer:
    """A transposed 3x3 convolution with stride 2 that doubles height and width: pads are 0, 1, 0, 1."""
    return Layer(name, "transposed-conv2d", (source,), channels, 3)


LAYERS: tuple[Layer, ...] = (
    conv("down1a", INPUT, 16),
    conv("down1b", "down1a", 16),
    Layer("pool1", "pool", ("down1b",), 16, 2),
    conv("down2a", "pool1", 32),
    conv("down2b", "down2a", 32),
    Layer("pool2", "pool", ("down2b",), 32, 2),
    conv("down3a", "pool2", 48),
    conv("down3b", "down3a", 48),
    Layer("pool3", "pool", ("down3b",), 48, 2),
    conv("bottom_a", "pool3", 64),
    conv("bottom_b", "bottom_a", 64, relu=False),
    Layer("bottom", "eltwise", ("bottom_a", "bottom_b"), 64, relu=True),
    double_width("up3", "bottom", 48),
    Layer("join3", "concat", ("up3", "down3b"), 96),
    conv("out3", "join3", 48),
    Layer("up2", "upsample", ("out3",), 48),
    Layer("join2", "concat", ("up2", "down2b"), 80),
    conv("out2", "join2", 32),
    double_width("up1", "out2", 16),
    Layer("join1", "concat", ("up1", "down1b"), 32),
    conv("out1", "join1", 16),
    conv("score", "out1", len(CLASSES), kernel=1, relu=False),
)
"""The operations in the order in which they run."""

OUTPUT = LAYERS[-1].name


def input_channels(layer: Layer) -> int:
    """The channels of what a convolution reads."""
    source = layer.inputs[0]
    return next((other.channels for other in LAYERS if other.name == source), 1)


def initial_weights(seed: int) -> Weights:
    """Random weights (He's rule) and biases of zero."""
    random = np.random.default_rng(seed)
    weights: Weights = {}
    for layer in LAYERS:
        if layer.has_weights:
            shape = (layer.channels, layer.kernel, layer.kernel, input_channels(layer))
            scale = np.sqrt(2 / np.prod(shape[1:]))
            weights[layer.name + "/weights"] = jnp.asarray(random.normal(0, scale, shape), jnp.float32)
            weights[layer.name + "/bias"] = jnp.zeros(layer.channels, jnp.float32)
    return weights


def convolve(x: jax.Array, kernel: jax.Array, padding: object) -> jax.Array:
    """Convolves NHWC pictures with `[out, height, width, in]` weights, stride 1."""
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=("NHWC", "OHWI", "NHWC"))


def convolve_transposed(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Does the transposed 3x3 convolution with stride 2 and pads 0, 1, 0, 1, weights in correlation order.

    Of the picture with zeros between its rows, an even output row sees kernel rows 0 and 2 on input rows i-1 and i, an
    odd one kernel row 1 on input row i; so it is one 2x2 convolution that makes four outputs for each input position.
    """
    n, height, width, _ = x.shape
    out = kernel.shape[0]
    bordered = jnp.pad(kernel, ((0, 0), (0, 1), (0, 1), (0, 0)))
    taps = np.array([[0, 2], [3, 1]])
    split = bordered[:, taps][:, :, :, taps]  # [out, row parity, row, column parity, column, in]
    merged = split.transpose(1, 3, 0, 2, 4, 5).reshape(4 * out, 2, 2, kernel.shape[3])
    y = convolve(x, merged, ((1, 0), (1, 0))).reshape(n, height, width, 2, 2, out)
    return y.transpose(0, 1, 3, 2, 4, 5).reshape(n, 2 * height, 2 * width, out)


def apply_layer(layer: Layer, inputs: list[jax.Array], weights: Weights) -> jax.Array:
    """Computes one layer in float."""
    x = inputs[0]
    match layer.kind:
        case "conv2d":
            y = convolve(x, weights[layer.name + "/weights"], "SAME") + weights[layer.name + "/bias"]
        case "transposed-conv2d":
            y = convolve_transposed(x, weights[layer.name + "/weights"]) + weights[layer.name + "/bias"]
        case "pool":
            n, height, width, channels = x.shape
            y = x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))
        case "upsample":
            y = x.repeat(2, 1).repeat(2, 2)
        case "concat":
            y = jnp.concatenate(inputs, -1)
        case "eltwise":
            y = inputs[0] + inputs[1]
        case _:
            raise ValueError(f"no layer of kind {layer.kind}")
    return jax.nn.relu(y) if layer.relu else y


Rounding = Callable[[str, jax.Array], jax.Array]
"""Rounds the numbers of the tensor with this name to what its fix point can hold."""


def run(weights: Weights, pictures: jax.Array, rounding: Rounding = lambda _, x: x) -> dict[str, jax.Array]:
    """Computes every layer; `pictures` is float NHWC in [-1, 1], and `rounding` is applied to each tensor."""
    rounded = {name: rounding(name, value) for name, value in weights.items()}
    tensors = {INPUT: rounding(INPUT, pictures)}
    for layer in LAYERS:
        y = apply_layer(layer, [tensors[name] for name in layer.inputs], rounded)
        tensors[layer.name] = rounding(layer.name, y)
    return tensors


def prepare(grey: np.ndarray) -> np.ndarray:
    """Maps grey values 0 to 255 to [-1, 1], float NHWC."""
    return (grey.astype(np.float32) * np.float32(2 / 255) - 1)[..., None]
