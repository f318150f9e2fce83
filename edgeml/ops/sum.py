"""sum: sum over axes."""

from __future__ import annotations

import numpy as np

from edgeml.ops.base import LiteRT, OnnxEmitter
from edgeml.ops.reduction import ReduceAttrs, Total


class Sum(Total):
    """x of rank 6 at most -> x without (or with size 1 of) the reduced axes."""

    name = "sum"
    litert = LiteRT("SUM", "ReducerOptions", {"keep_dims": "keepDims"}, {"axes": 1})
    onnx = "ReduceSum"
    kind = 0
    function = "sum"

    def onnx_reduce(self, onnx: OnnxEmitter, value: str, attrs: ReduceAttrs) -> str:
        axes = onnx.initializer("axes", np.asarray(attrs.axes, np.int64))
        return onnx.node("ReduceSum", [value, axes], keepdims=int(attrs.keep_dims))
