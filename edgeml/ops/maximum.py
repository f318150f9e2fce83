"""maximum: the larger of two elements, with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array
from edgeml.ops.base import EXACT, LiteRT
from edgeml.ops.extremum import Extremum


class Maximum(Extremum):
    """max(a, b); int8: of the codes, so all share one scale and zero point."""

    name = "maximum"
    litert = LiteRT("MAXIMUM", "MaximumMinimumOptions")
    onnx = "Max"
    tflm = EXACT
    kernels = ("maximum_s8", "maximum_f32", "binary_s32")

    def combine(self, a: Array, b: Array) -> Array:
        return np.asarray(np.maximum(a, b))
