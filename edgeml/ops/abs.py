"""abs: absolute value."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import EXACT, LiteRT
from edgeml.ops.common import ARITHMETIC
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.lut import VALUES, builtin_ratio, saturate
from edgeml.ops.unary import Unary


class Abs(Unary):
    """x of any shape -> the same shape; int8: rescaled in gemmlowp's fixed point, where the scales differ."""

    name = "abs"
    litert = LiteRT("ABS", "AbsOptions")
    onnx = "Abs"
    tflm = EXACT
    kernels = ("lut_s8", "abs_f32", "unary_s32")
    dtypes = ARITHMETIC
    onnx_bound = 1
    onnx_bound_reason = "rescales in float32, LiteRT in fixed point; equal when input and output share their scale"

    def compute(self, x: Array) -> Array:
        return np.asarray(np.abs(x))

    def table(self, bound: BoundNode) -> Array:
        x, y = bound.input(0).type, bound.output.type
        steps = np.abs(VALUES - x.zero_point)
        if x.scale != y.scale:
            steps = multiply_by_quantized_multiplier(steps, quantize_multiplier(builtin_ratio(bound)))
        return saturate(steps + y.zero_point)
