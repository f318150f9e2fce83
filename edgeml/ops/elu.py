"""elu: x above 0, exp(x) - 1 below."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.base import EXACT, LiteRT
from edgeml.ops.lut import builtin_table, delegate_table
from edgeml.ops.unary import Unary


class Elu(Unary):
    """x of any shape -> the same shape."""

    name = "elu"
    litert = LiteRT("ELU", version_int8=1)
    onnx = "Elu"
    tflm = EXACT
    kernels = ("lut_s8", "elu_f32")
    onnx_bound = 1
    onnx_bound_reason = "adds the zero point after rounding, LiteRT before: exact halves may round to either side"

    def compute(self, x: Array) -> Array:
        return np.asarray(np.where(x < 0, np.expm1(np.minimum(x, 0)), x))

    def table(self, bound: BoundNode) -> Array:
        if bound.numerics is Numerics.TFLM:
            return builtin_table(bound, _elu_f32)
        return delegate_table(bound, self.compute)


def _elu_f32(x: Array) -> Array:
    """TensorFlow Lite Micro subtracts 1 from a float32 exponential."""
    return np.asarray(np.where(x < 0, np.exp(np.minimum(x, 0)).astype(np.float32) - np.float32(1), x))
