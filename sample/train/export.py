"""The description of the int8 network that `make-sample-model` turns into an `.xmodel`: one JSON file."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np

from network import INPUT, LAYERS, OUTPUT, Layer
from phantoms import SIZE
from quantize import FixPoints


def constant(values: np.ndarray, fix_point: int) -> dict[str, object]:
    """An int8 constant in C order; kernels are `[out, height, width, in]` in correlation order."""
    data = base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
    return {"shape": list(values.shape), "fixPoint": fix_point, "data": data}


def attributes(layer: Layer) -> dict[str, object]:
    """Window, step and border as a DPU's attributes give them: width first; pads are left, right, top, bottom."""
    match layer.kind:
        case "conv2d":
            return {"kernel": [layer.kernel] * 2, "stride": [1, 1], "pad": [layer.kernel // 2] * 4}
        case "transposed-conv2d":
            return {"kernel": [layer.kernel] * 2, "stride": [2, 2], "pad": [0, 1, 0, 1]}
        case "pool":
            return {"kernel": [layer.kernel] * 2, "stride": [2, 2], "pad": [0, 0, 0, 0]}
        case _:
            return {}


def describe(weights: dict[str, np.ndarray], fix_points: FixPoints) -> dict[str, object]:
    """The whole network."""
    height = {INPUT: SIZE}
    layers = []
    for layer in LAYERS:
        before = height[layer.inputs[0]]
        height[layer.name] = {"pool": before // 2, "upsample": before * 2, "transposed-conv2d": before * 2}.get(
            layer.kind, before
        )
        entry: dict[str, object] = {
            "name": layer.name,
            "type": layer.kind + "-fix",
            "inputs": list(layer.inputs),
            "shape": [1, height[layer.name], height[layer.name], layer.channels],
            "fixPoint": fix_points[layer.name],
            "relu": layer.relu,
            **attributes(layer),
        }
        if layer.has_weights:
            for part in ("weights", "bias"):
                name = f"{layer.name}/{part}"
                entry[part] = constant(weights[name], fix_points[name])
        layers.append(entry)
    return {
        "name": "phantom-ct",
        "input": {"name": INPUT, "shape": [1, SIZE, SIZE, 1], "fixPoint": fix_points[INPUT]},
        "output": OUTPUT,
        "layers": layers,
    }


def write(folder: Path, weights: dict[str, np.ndarray], fix_points: FixPoints) -> None:
    """Writes `phantom-ct.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "phantom-ct.json").write_text(json.dumps(describe(weights, fix_points), indent=1) + "\n")
