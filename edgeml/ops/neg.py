"""neg: -x."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import LiteRT
from edgeml.ops.unary import Unary


class Neg(Unary):
    """x of any shape -> the same shape."""

    name = "neg"
    litert = LiteRT("NEG", "NegOptions")
    onnx = "Neg"
    kernels = ("neg_f32", "unary_s32")
    dtypes = (DType.FLOAT32, DType.INT32)

    def compute(self, x: Array) -> Array:
        return np.asarray(-x)
