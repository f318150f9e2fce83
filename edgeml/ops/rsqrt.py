"""rsqrt: 1 / sqrt(x)."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, DType
from edgeml.ops.base import LiteRT, OnnxEmitter
from edgeml.ops.unary import Unary


class Rsqrt(Unary):
    """x of any shape -> the same shape."""

    name = "rsqrt"
    litert = LiteRT("RSQRT")
    onnx = "Sqrt"
    kernels = ("rsqrt_f32",)
    dtypes = (DType.FLOAT32,)

    def compute(self, x: Array) -> Array:
        return np.asarray(1 / np.sqrt(x))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        onnx.output(bound, onnx.node("Reciprocal", [onnx.node("Sqrt", [onnx.input(bound, 0)])]))
