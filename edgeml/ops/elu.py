"""elu: x above 0, exp(x) - 1 below."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import LiteRT
from edgeml.ops.lut import delegate_table
from edgeml.ops.unary import Unary


class Elu(Unary):
    """x of any shape -> the same shape."""

    name = "elu"
    litert = LiteRT("ELU", version_int8=1)
    onnx = "Elu"
    kernels = ("lut_s8", "elu_f32")
    onnx_bound = 1
    onnx_bound_reason = "adds the zero point after rounding, LiteRT before: exact halves may round to either side"

    def compute(self, x: Array) -> Array:
        return np.asarray(np.where(x < 0, np.expm1(np.minimum(x, 0)), x))

    def table(self, bound: BoundNode) -> Array:
        return delegate_table(bound, self.compute)
