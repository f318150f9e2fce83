"""pow: a to the power of b, with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import LiteRT
from edgeml.ops.elementwise import Elementwise


class Pow(Elementwise):
    """a ** b as C's pow; int32: 0 for negative exponents, except of 1 and -1."""

    name = "pow"
    litert = LiteRT("POW", "PowOptions")
    onnx = "Pow"
    kernels = ("pow_f32", "binary_s32")
    dtypes = (DType.FLOAT32, DType.INT32)

    def combine(self, a: Array, b: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(np.power(a, b))

    def combine_s32(self, a: Array, b: Array) -> Array:
        a, b = np.broadcast_arrays(a, b)
        base, exponent, result = a.astype(np.int32), np.maximum(b, 0), np.ones(a.shape, np.int32)
        with np.errstate(over="ignore"):
            while np.any(exponent):
                result = np.where(exponent & 1, result * base, result)
                base, exponent = base * base, exponent >> 1
        fraction = np.where(a == 1, 1, np.where(a == -1, 1 - 2 * (b & 1), 0))
        return np.where(b < 0, fraction, result)
