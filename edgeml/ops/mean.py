"""mean: average over axes, usually the spatial ones (global average pooling)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import REALS, LiteRT, OnnxEmitter
from edgeml.ops.onnx_helpers import reshape
from edgeml.ops.reduction import ReduceAttrs, Total, reduced


@dataclass(frozen=True)
class MeanAttrs(ReduceAttrs):
    """Those of every reduction; height and width by default."""

    axes: tuple[int, ...] = (1, 2)


class Mean(Total):
    """x of rank 6 at most -> x without (or with size 1 of) the reduced axes."""

    name = "mean"
    attrs_type = MeanAttrs
    litert = LiteRT("MEAN", "ReducerOptions", {"keep_dims": "keepDims"}, {"axes": 1})
    onnx = "ReduceMean"
    dtypes = REALS
    kind = 1
    function = "mean"

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        return (np.asarray(x.mean(axis=attrs.axes, keepdims=attrs.keep_dims, dtype=np.float32)),)

    def divisor(self, bound: BoundNode) -> int:
        return reduced(bound)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, shape = self.attrs(bound), bound.input(0).shape
        if len(shape) != 4 or attrs.axes != (1, 2):
            super().to_onnx(bound, onnx)
            return
        value = onnx.node("GlobalAveragePool", [onnx.input(bound, 0)])
        if not attrs.keep_dims:
            value = onnx.node("Flatten", [value]) if shape[0] == 1 else reshape(onnx, value, bound.output.shape)
        onnx.output(bound, value)
