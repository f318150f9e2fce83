"""broadcast_to: dimensions of 1 repeated up to a shape, by NumPy's rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, Shape, TensorType
from edgeml.ops.base import EXACT, LiteRT, OnnxEmitter
from edgeml.ops.movement import Movement, View, dense_strides
from edgeml.ops.onnx_helpers import from_nhwc, nhwc


@dataclass(frozen=True)
class BroadcastToAttrs(Attributes):
    """`shape` is the output's, in NHWC."""

    shape: Shape = ()


class BroadcastTo(Movement[BroadcastToAttrs]):
    """x whose dimensions, aligned at the last one, are 1 or those of `shape` -> `shape`."""

    name = "broadcast_to"
    attrs_type = BroadcastToAttrs
    litert = LiteRT("BROADCAST_TO", "BroadcastToOptions", {}, {"shape": 1})
    tflm = EXACT
    onnx = "Expand"

    def infer(self, attrs: BroadcastToAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        missing = len(attrs.shape) - len(x.shape)
        if missing < 0 or any(d not in (1, n) for d, n in zip(x.shape, attrs.shape[missing:], strict=True)):
            raise GraphError(f"broadcast_to: the input must broadcast to {attrs.shape}. Got {x.shape}.")
        return (TensorType(attrs.shape, x.dtype),)

    def move(self, bound: BoundNode, x: Array) -> Array:
        shape = self.attrs(bound).shape
        several = x.ndim == len(shape) > 0 and len(x) != bound.input(0).shape[0]
        return np.broadcast_to(x, (len(x), *shape[1:]) if several else shape)

    def view(self, bound: BoundNode) -> View:
        x, shape = bound.input(0).shape, self.attrs(bound).shape
        strides = tuple(0 if d == 1 else s for d, s in zip(x, dense_strides(x), strict=True))
        return View(shape, (0,) * (len(shape) - len(x)) + strides)

    def batchable(self, bound: BoundNode) -> bool:
        return len(bound.input(0).shape) == len(bound.output.shape) and super().batchable(bound)

    def litert_version(self, bound: BoundNode) -> int:
        return 3 if bound.output.dtype in (DType.INT8, DType.INT16) else 2

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> BroadcastToAttrs:
        # the output's type has the batch resolved
        return BroadcastToAttrs(outputs[0].shape)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        shape = bound.output.shape
        value = nhwc(onnx, onnx.input(bound, 0), len(bound.input(0).shape))
        value = onnx.node("Expand", [value, onnx.initializer("shape", np.asarray(shape, np.int64))])
        onnx.output(bound, from_nhwc(onnx, value, shape))
