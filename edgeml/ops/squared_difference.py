"""squared_difference: (a - b) * (a - b), with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, DType
from edgeml.ops.base import LiteRT, OnnxEmitter
from edgeml.ops.elementwise import Elementwise, aligned_operands


class SquaredDifference(Elementwise):
    """(a - b) ** 2."""

    name = "squared_difference"
    litert = LiteRT("SQUARED_DIFFERENCE", "SquaredDifferenceOptions")
    onnx = "Sub, Mul"
    kernels = ("squared_difference_f32", "binary_s32")
    dtypes = (DType.FLOAT32, DType.INT32)

    def combine(self, a: Array, b: Array) -> Array:
        return np.asarray((a - b) * (a - b))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        difference = onnx.node("Sub", aligned_operands(bound, onnx))
        onnx.output(bound, onnx.node("Mul", [difference, difference]))
