"""round: the nearest integer, halves to the even one."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import LiteRT
from edgeml.ops.unary import Unary


class Round(Unary):
    """x of any shape -> the same shape."""

    name = "round"
    litert = LiteRT("ROUND")
    onnx = "Round"
    kernels = ("round_f32",)
    dtypes = (DType.FLOAT32,)

    def compute(self, x: Array) -> Array:
        return np.asarray(np.rint(x))
