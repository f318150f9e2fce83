"""transpose: dimensions in another order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import EXACT, LiteRT, OnnxEmitter
from edgeml.ops.movement import Movement, View, dense_strides, permuted


@dataclass(frozen=True)
class TransposeAttrs(Attributes):
    """Dimension i of the output is dimension `perm[i]` of the input."""

    perm: tuple[int, ...] = ()


class Transpose(Movement[TransposeAttrs]):
    """x of rank 6 at most -> the same elements with dimensions permuted."""

    name = "transpose"
    attrs_type = TransposeAttrs
    litert = LiteRT("TRANSPOSE", "TransposeOptions", {}, {"perm": 1})
    tflm = EXACT
    onnx = "Transpose"

    def infer(self, attrs: TransposeAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if sorted(attrs.perm) != list(range(len(x.shape))):
            raise GraphError(
                f"transpose: perm must hold each of the {len(x.shape)} dimensions of {x.shape} once. Got {attrs.perm}."
            )
        return (TensorType(tuple(x.shape[p] for p in attrs.perm), x.dtype),)

    def move(self, bound: BoundNode, x: Array) -> Array:
        return x.transpose(self.attrs(bound).perm)

    def view(self, bound: BoundNode) -> View:
        strides = dense_strides(bound.input(0).shape)
        return View(bound.output.shape, tuple(strides[p] for p in self.attrs(bound).perm))

    def batchable(self, bound: BoundNode) -> bool:
        return self.attrs(bound).perm[:1] == (0,) and super().batchable(bound)

    def litert_version(self, bound: BoundNode) -> int:
        rank, dtype = len(bound.output.shape), bound.output.dtype
        if rank > 4:
            return 6 if rank > 5 else 5 if dtype is DType.INT16 else 4
        return {DType.INT16: 5, DType.BOOL: 3, DType.INT8: 2}.get(dtype, 1)

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> TransposeAttrs:
        rank = len(operands["perm"])
        return TransposeAttrs(tuple(int(p) + rank if p < 0 else int(p) for p in operands["perm"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        perm = self.attrs(bound).perm
        axes = [onnx.axis(len(perm), i) for i in range(len(perm))]
        moved = permuted([axes[p] for p in perm], axes)
        value = onnx.input(bound, 0)
        onnx.output(bound, onnx.node("Transpose", [value], perm=moved) if perm else value)


def compose(first: Sequence[int], second: Sequence[int]) -> tuple[int, ...]:
    """The permutation that equals `first` followed by `second`."""
    return tuple(int(np.asarray(first)[p]) for p in second)
