"""exp: e to the power of x."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import LiteRT
from edgeml.ops.lut import builtin_table
from edgeml.ops.unary import Unary


class Exp(Unary):
    """x of any shape -> the same shape."""

    name = "exp"
    litert = LiteRT("EXP", "ExpOptions")
    onnx = "Exp"
    kernels = ("lut_s8", "exp_f32")
    onnx_bound = 1
    onnx_bound_reason = "rounds halves to even, LiteRT's table away from zero"

    def compute(self, x: Array) -> Array:
        return np.asarray(np.exp(x))

    def table(self, bound: BoundNode) -> Array:
        return builtin_table(bound, self.compute)
