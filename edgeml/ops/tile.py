"""tile: a tensor repeated along its dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import Constraint, LiteRT, OnnxEmitter, Unsupported
from edgeml.ops.movement import (
    KERNEL_RANK,
    Movement,
    View,
    dense_strides,
    merged,
    permuted,
    rank_at_most_6,
    same_element_type,
)


@dataclass(frozen=True)
class TileAttrs(Attributes):
    """Dimension i holds the input `multiples[i]` times."""

    multiples: tuple[int, ...] = ()


def few_loops(bound: BoundNode) -> bool:
    """may repeat 4 dimensions at most; tile in two steps"""
    return len(merged(_view(bound)).shape) <= KERNEL_RANK


class Tile(Movement[TileAttrs]):
    """x of rank 6 at most -> dimension i times `multiples[i]`."""

    name = "tile"
    attrs_type = TileAttrs
    litert = LiteRT("TILE", "TileOptions", {}, {"multiples": 1}, version_int8=3)
    tflm = Unsupported("is no operator of TensorFlow Lite Micro")
    onnx = "Tile"
    constraints: ClassVar[tuple[Constraint, ...]] = (rank_at_most_6, same_element_type, few_loops)

    def infer(self, attrs: TileAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if len(attrs.multiples) != len(x.shape) or any(m < 1 for m in attrs.multiples):
            raise GraphError(
                f"tile: needs a multiple of at least 1 for each of {len(x.shape)} dimensions. Got {attrs.multiples}."
            )
        return (TensorType(tuple(d * m for d, m in zip(x.shape, attrs.multiples, strict=True)), x.dtype),)

    def move(self, bound: BoundNode, x: Array) -> Array:
        return np.tile(x, self.attrs(bound).multiples)

    def view(self, bound: BoundNode) -> View:
        return _view(bound)

    def batchable(self, bound: BoundNode) -> bool:
        return self.attrs(bound).multiples[:1] == (1,) and super().batchable(bound)

    def litert_version(self, bound: BoundNode) -> int:
        return 3 if bound.output.dtype is DType.INT8 else 1

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> TileAttrs:
        return TileAttrs(tuple(int(m) for m in operands["multiples"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        multiples = self.attrs(bound).multiples
        value = onnx.input(bound, 0)
        if multiples:
            repeats = permuted(multiples, [onnx.axis(len(multiples), i) for i in range(len(multiples))])
            value = onnx.node("Tile", [value, onnx.initializer("repeats", np.asarray(repeats, np.int64))])
        onnx.output(bound, value)


def _view(bound: BoundNode) -> View:
    attrs, shape = bound.node.attrs, bound.input(0).shape
    assert isinstance(attrs, TileAttrs)
    # a loop over the copies around the loop over the elements, for each dimension
    pairs = zip(attrs.multiples, shape, dense_strides(shape), strict=True)
    sizes, strides = zip(*(((m, d), (0, s)) for m, d, s in pairs), strict=True) if shape else ((), ())
    return View(sum(sizes, ()), sum(strides, ()))
