"""log: natural logarithm."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import LiteRT
from edgeml.ops.lut import builtin_table
from edgeml.ops.unary import Unary


class Log(Unary):
    """x of any shape -> the same shape; int8: -128 for x <= 0."""

    name = "log"
    litert = LiteRT("LOG")
    onnx = "Log"
    int8_from_zero = True
    kernels = ("lut_s8", "log_f32")
    onnx_bound = 1
    onnx_bound_reason = "rounds halves to even, LiteRT's table away from zero"

    def compute(self, x: Array) -> Array:
        return np.asarray(np.log(x))

    def table(self, bound: BoundNode) -> Array:
        return builtin_table(bound, lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), -np.inf))
