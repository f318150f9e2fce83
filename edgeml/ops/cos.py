"""cos: cosine, x in radians."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import LiteRT
from edgeml.ops.unary import Unary


class Cos(Unary):
    """x of any shape -> the same shape."""

    name = "cos"
    litert = LiteRT("COS", "CosOptions")
    onnx = "Cos"
    kernels = ("cos_f32",)
    dtypes = (DType.FLOAT32,)

    def compute(self, x: Array) -> Array:
        return np.asarray(np.cos(x))
