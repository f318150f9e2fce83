"""ceil: the next integer above."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import LiteRT
from edgeml.ops.unary import Unary


class Ceil(Unary):
    """x of any shape -> the same shape."""

    name = "ceil"
    litert = LiteRT("CEIL")
    onnx = "Ceil"
    kernels = ("ceil_f32",)
    dtypes = (DType.FLOAT32,)

    def compute(self, x: Array) -> Array:
        return np.asarray(np.ceil(x))
