"""minimum: the smaller of two elements, with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array
from edgeml.ops.base import EXACT, LiteRT
from edgeml.ops.extremum import Extremum


class Minimum(Extremum):
    """min(a, b); int8: of the codes, so all share one scale and zero point."""

    name = "minimum"
    litert = LiteRT("MINIMUM", "MaximumMinimumOptions")
    onnx = "Min"
    tflm = EXACT
    kernels = ("minimum_s8", "minimum_f32", "binary_s32")

    def combine(self, a: Array, b: Array) -> Array:
        return np.asarray(np.minimum(a, b))
