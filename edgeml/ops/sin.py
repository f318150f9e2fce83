"""sin: sine, x in radians."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import LiteRT
from edgeml.ops.unary import Unary


class Sin(Unary):
    """x of any shape -> the same shape."""

    name = "sin"
    litert = LiteRT("SIN")
    onnx = "Sin"
    kernels = ("sin_f32",)
    dtypes = (DType.FLOAT32,)

    def compute(self, x: Array) -> Array:
        return np.asarray(np.sin(x))
