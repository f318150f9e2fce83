"""div: elementwise quotient with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import LiteRT
from edgeml.ops.elementwise import Binary


class Div(Binary):
    """a / b; int32 toward zero, and 0 where b is 0."""

    name = "div"
    litert = LiteRT("DIV", "DivOptions")
    onnx = "Div"
    kernels = ("div_f32", "binary_s32")
    dtypes = (DType.FLOAT32, DType.INT32)

    def combine(self, a: Array, b: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(a / b)

    def combine_s32(self, a: Array, b: Array) -> Array:
        size = np.abs(a) // np.where(b == 0, 1, np.abs(b))
        return np.where(b == 0, 0, size * np.sign(a) * np.sign(b))
