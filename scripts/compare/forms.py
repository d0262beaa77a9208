"""The forms in which one network can be given to ONNX Runtime, and how each stores its tensors."""

import dataclasses
import itertools

import numpy
from onnx import TensorProto

ACTIVATIONS = ("uint8", "int8", "int8-symmetric")
TRANSPOSED = ("subpixel", "phases")
NEAREST = ("resize", "concat")


@dataclasses.dataclass(frozen=True)
class Form:
    """The choices that leave the function of the network as it is and change how fast ONNX Runtime runs it.

    activations: "uint8" has zero point 0 behind ReLU, else 128; "int8" has -128 behind ReLU, else 0;
        "int8-symmetric" has 0 everywhere, and ReLU stays an operation.
    transposed: transposed convolution as one widened convolution for all phases ("subpixel") or one for each.
    nearest: nearest upsampling as Resize, or as each pixel, then each row joined with itself ("concat").
    """

    activations: str = "uint8"
    transposed: str = "subpixel"
    nearest: str = "resize"

    def __str__(self):
        return "/".join((self.activations, self.transposed, self.nearest))

    @classmethod
    def parse(cls, text):
        """The form that is written so."""
        form = cls(*text.split("/"))
        for choice, known in zip(dataclasses.astuple(form), (ACTIVATIONS, TRANSPOSED, NEAREST)):
            if choice not in known:
                raise ValueError(f"form {text!r}: {choice!r} is none of {', '.join(known)}")
        return form


def forms_of(partition):
    """All forms in which the partition can be built; choices that do not concern it are left out."""
    kinds = {operation.kind for operation in partition.operations}
    transposed = TRANSPOSED if "transposed-conv2d-fix" in kinds else TRANSPOSED[:1]
    nearest = NEAREST if "upsample-fix" in kinds else NEAREST[:1]
    return [Form(*choice) for choice in itertools.product(ACTIVATIONS, transposed, nearest)]


@dataclasses.dataclass(frozen=True)
class Quantization:
    """real = (stored - zero_point) * scale."""

    scale: float
    zero_point: int
    element: type  # numpy.uint8, numpy.int8 or numpy.int32

    @property
    def onnx_element(self):
        return TensorProto.UINT8 if self.element is numpy.uint8 else TensorProto.INT8

    def from_fixed(self, values, fix_point):
        """Stored values of the DPU's int8 values; exact for inputs, which have the DPU's own scale."""
        real = values.astype(numpy.float64) * 2.0**-fix_point
        limits = numpy.iinfo(self.element)
        return numpy.clip(numpy.rint(real / self.scale) + self.zero_point, limits.min, limits.max).astype(self.element)

    def to_fixed(self, stored, fix_point):
        """Stored values in units of 2^-fix_point, not rounded."""
        return (stored.astype(numpy.float64) - self.zero_point) * self.scale * 2.0**fix_point


def quantization_of(form, fix_point, nonnegative, limit=None):
    """How a form stores a tensor of the DPU's fix point.

    The scale is 2^-fix_point, with the DPU's own range; one bit finer with the same range where the tensor can't be
    negative. A ReLU6 whose limit lies inside the DPU's range gets the scale 6/255: saturation is then the limit.
    """
    element = numpy.uint8 if form.activations == "uint8" else numpy.int8
    lowest = numpy.iinfo(element).min
    if form.activations == "int8-symmetric" or not nonnegative:
        return Quantization(2.0**-fix_point, int(lowest) + 128, element)
    return Quantization(limit / 255 if limit else 2.0 ** -(fix_point + 1), int(lowest), element)
