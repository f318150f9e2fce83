"""softplus: ln(1 + exp(x))."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import Unsupported
from edgeml.ops.unary import Unary


class Softplus(Unary):
    """x of any shape -> the same shape."""

    name = "softplus"
    litert = Unsupported("has no builtin for softplus")
    onnx = "Softplus"
    kernels = ("softplus_f32",)
    dtypes = (DType.FLOAT32,)

    def compute(self, x: Array) -> Array:
        return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))
