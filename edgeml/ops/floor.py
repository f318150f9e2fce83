"""floor: the next integer below."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import LiteRT
from edgeml.ops.unary import Unary


class Floor(Unary):
    """x of any shape -> the same shape."""

    name = "floor"
    litert = LiteRT("FLOOR")
    onnx = "Floor"
    kernels = ("floor_f32",)
    dtypes = (DType.FLOAT32,)

    def compute(self, x: Array) -> Array:
        return np.asarray(np.floor(x))
