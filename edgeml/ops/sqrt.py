"""sqrt: square root."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import LiteRT
from edgeml.ops.lut import real_values, saturate
from edgeml.ops.unary import Unary


class Sqrt(Unary):
    """x of any shape -> the same shape; int8: rounded toward zero, and real 0 for x < 0, which LiteRT refuses."""

    name = "sqrt"
    litert = LiteRT("SQRT")
    onnx = "Sqrt"
    int8_from_zero = True
    kernels = ("lut_s8", "sqrt_f32")
    onnx_bound = 1
    onnx_bound_reason = "rounds to nearest, LiteRT toward zero"

    def compute(self, x: Array) -> Array:
        return np.asarray(np.sqrt(x))

    def table(self, bound: BoundNode) -> Array:
        y = bound.output.type
        root = np.sqrt(np.maximum(real_values(bound), np.float32(0)))
        return saturate(np.trunc(root / np.float32(y.scale)) + y.zero_point)
