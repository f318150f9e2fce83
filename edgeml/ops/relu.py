"""relu: max(x, 0)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import EXACT, LiteRT, ParamValue
from edgeml.ops.common import Activation, builtin_activation_range_s8
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.lut import VALUES, builtin_ratio
from edgeml.ops.unary import Unary


def clamp_table(bound: BoundNode, activation: Activation) -> Array:
    """int8 table of a clamp whose input and output scales may differ.

    LiteRT's delegate leaves these operators to the built-in kernel, whose arithmetic is gemmlowp's, as TensorFlow Lite
    Micro's is.
    """
    x, y = bound.input(0).type, bound.output.type
    low, high = builtin_activation_range_s8(activation, y)
    steps = multiply_by_quantized_multiplier(VALUES - x.zero_point, quantize_multiplier(builtin_ratio(bound)))
    return np.asarray(np.clip(steps + y.zero_point, low, high), np.int8)


class Relu(Unary):
    """x of any shape -> the same shape."""

    name = "relu"
    litert = LiteRT("RELU")
    onnx = "Relu"
    tflm = EXACT
    kernels = ("lut_s8", "clamp_f32")
    onnx_bound = 1
    onnx_bound_reason = "rescales in float32, LiteRT in fixed point; equal when input and output share their scale"

    def compute(self, x: Array) -> Array:
        return np.maximum(x, np.float32(0))

    def table(self, bound: BoundNode) -> Array:
        return clamp_table(bound, Activation.RELU)

    def kernel_f32(self, bound: BoundNode) -> tuple[str, Mapping[str, ParamValue]]:
        return "clamp_f32", {"activation_min": 0.0, "activation_max": float("inf")}
