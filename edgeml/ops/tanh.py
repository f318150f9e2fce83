"""tanh: hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import LiteRT
from edgeml.ops.lut import VALUES, saturate
from edgeml.ops.unary import Unary


class Tanh(Unary):
    """x of any shape -> the same shape."""

    name = "tanh"
    litert = LiteRT("TANH")
    onnx = "Tanh"
    kernels = ("lut_s8", "tanh_f32")
    fixed_output = (1.0 / 128.0, 0)

    def compute(self, x: Array) -> Array:
        return np.tanh(x)

    def table(self, bound: BoundNode) -> Array:
        x, y = bound.input(0).type, bound.output.type
        real = np.float32(x.scale) * (VALUES - x.zero_point).astype(np.float32)
        # NumPy's float32 tanh differs between machines by an ulp; rounding the float64 one does not
        value = np.tanh(real.astype(np.float64)).astype(np.float32)
        return saturate(np.rint(value / np.float32(y.scale)) + y.zero_point)
