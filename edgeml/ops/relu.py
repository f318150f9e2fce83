"""relu: max(x, 0)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import LiteRT, ParamValue
from edgeml.ops.common import Activation, activation_range_s8
from edgeml.ops.lut import VALUES
from edgeml.ops.requantize import multiplier, requantize
from edgeml.ops.unary import Unary


def clamp_table(bound: BoundNode, activation: Activation) -> Array:
    """int8 table of a clamp whose input and output scales may differ."""
    x, y = bound.input(0).type, bound.output.type
    low, high = activation_range_s8(activation, y)
    scale = multiplier(x.scale, 1.0, y.scale)
    return requantize(VALUES - x.zero_point, scale, y.zero_point, low, high)


class Relu(Unary):
    """x of any shape -> the same shape."""

    name = "relu"
    litert = LiteRT("RELU")
    onnx = "Relu"
    kernels = ("lut_s8", "clamp_f32")

    def compute(self, x: Array) -> Array:
        return np.maximum(x, np.float32(0))

    def table(self, bound: BoundNode) -> Array:
        return clamp_table(bound, Activation.RELU)

    def kernel_f32(self) -> tuple[str, Mapping[str, ParamValue]]:
        return "clamp_f32", {"activation_min": 0.0, "activation_max": float("inf")}
