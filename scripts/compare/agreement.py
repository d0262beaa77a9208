"""How near the result of the ONNX form lies to the DPU's, and when the distance means a wrong graph.

ONNX Runtime rounds half to even at every operation and keeps one more bit behind ReLU, so equality is not to be
expected: differences of half a unit travel through the network. A wrong order of weights, pad or scale changes
results by more than their own spread, and the class of most pixels.
"""

import dataclasses

import numpy

SPREAD_LIMIT = 0.1  # measured on the NERONE networks: at most 0.056
ARGMAX_LIMIT = 0.95  # share of pixels with the same class; measured: at least 0.983


@dataclasses.dataclass(frozen=True)
class Agreement:
    """Distances in units of the DPU's fix point, the mean one by the results' standard deviation, equal classes."""

    maximum: float
    mean: float
    by_spread: float
    argmax: float

    @property
    def is_close(self):
        return self.by_spread <= SPREAD_LIMIT and self.argmax >= ARGMAX_LIMIT

    def __str__(self):
        return (
            f"difference max {self.maximum:.1f}, mean {self.mean:.3f} ({self.by_spread:.4f} of the spread), "
            f"same class {100 * self.argmax:.2f} %"
        )


def agreement(result, reference):
    """Compares a result in units of the fix point with the DPU's int8 values, both [..., classes]."""
    clamped = numpy.clip(result, -128, 127)
    distance = numpy.abs(clamped - reference)
    same = clamped.argmax(-1) == reference.argmax(-1)
    mean = float(distance.mean())
    return Agreement(float(distance.max()), mean, mean / max(float(reference.std()), 1.0), float(same.mean()))
