"""What a record of measurements says of the machine and the software."""

import os
import pathlib
import platform

import numpy
import onnx
import onnxruntime

_FLAGS_OF_INTEREST = (
    "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "amx_tile", "amx_int8",
    "asimd", "asimddp", "i8mm", "sve",
)  # fmt: skip


def record():
    """Processor, its instruction sets for int8, kernel and versions."""
    model, flags = platform.processor(), set()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            model = value.strip()
        if key.strip() in ("flags", "Features"):
            flags = set(value.split())
    return {
        "processor": model,
        "processors": os.cpu_count(),
        "flags": [flag for flag in _FLAGS_OF_INTEREST if flag in flags],
        "kernel": platform.release(),
        "loadAverage": os.getloadavg()[0],
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
    }
