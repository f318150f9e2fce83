"""strided_slice: every stride-th element of a range, in each dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import EXACT, LiteRT, OnnxEmitter
from edgeml.ops.movement import Movement, View, dense_strides

# ONNX's way to say "to the very beginning" with a negative step
_BEFORE_ALL = -(2**31)


@dataclass(frozen=True)
class StridedSliceAttrs(Attributes):
    """`y[i] = x[begin + i * stride]` for i below `size`, in each dimension of the NHWC layout; strides may be < 0."""

    begin: tuple[int, ...] = ()
    size: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()

    @property
    def last(self) -> tuple[int, ...]:
        """Index of the last element taken, in each dimension."""
        return tuple(b + (n - 1) * s for b, n, s in zip(self.begin, self.size, self.stride, strict=True))

    @property
    def end(self) -> tuple[int, ...]:
        """One step of 1 behind the last element: where LiteRT and ONNX stop; -1 is before the first."""
        return tuple(e + (1 if s > 0 else -1) for e, s in zip(self.last, self.stride, strict=True))


class StridedSlice(Movement[StridedSliceAttrs]):
    """x of rank 6 at most -> `size`."""

    name = "strided_slice"
    attrs_type = StridedSliceAttrs
    litert = LiteRT("STRIDED_SLICE", "StridedSliceOptions", {}, {"begin": 1, "end": 2, "stride": 3})
    tflm = EXACT
    onnx = "Slice"

    def infer(self, attrs: StridedSliceAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        rank = len(x.shape)
        complete = len(attrs.begin) == len(attrs.size) == len(attrs.stride) == rank
        if not complete or any(n < 1 for n in attrs.size) or 0 in attrs.stride:
            raise GraphError(
                f"strided_slice: needs a begin, a size of at least 1 and a stride other than 0 for each of {rank} "
                f"dimensions. Got {attrs}."
            )
        for size, first, last in zip(x.shape, attrs.begin, attrs.last, strict=True):
            if not (0 <= first < size and 0 <= last < size):
                raise GraphError(f"strided_slice: must stay inside the input. Got {x.shape}, {attrs}.")
        return (TensorType(attrs.size, x.dtype),)

    def move(self, bound: BoundNode, x: Array) -> Array:
        attrs = self.attrs(bound)
        ranges = [
            slice(b, None if e < 0 else e, s) for b, e, s in zip(attrs.begin, attrs.end, attrs.stride, strict=True)
        ]
        if ranges and len(x) != bound.input(0).shape[0]:
            ranges[0] = slice(None)
        return x[tuple(ranges)]

    def view(self, bound: BoundNode) -> View:
        attrs, dense = self.attrs(bound), dense_strides(bound.input(0).shape)
        strides = tuple(d * s for d, s in zip(dense, attrs.stride, strict=True))
        return View(attrs.size, strides, sum(d * b for d, b in zip(dense, attrs.begin, strict=True)))

    def litert_version(self, bound: BoundNode) -> int:
        if len(bound.output.shape) > 4:
            return 4
        return {DType.BOOL: 3, DType.INT8: 2}.get(bound.output.dtype, 1)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        # an end of -1 would count from the back: the mask says "to the very beginning"
        mask = sum(1 << i for i, end in enumerate(self.attrs(bound).end) if end < 0)
        return {
            "beginMask": 0, "endMask": mask, "ellipsisMask": 0, "newAxisMask": 0, "shrinkAxisMask": 0, "offset": False,
        }  # fmt: skip

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, rank = self.attrs(bound), len(bound.output.shape)
        value = onnx.input(bound, 0)
        if rank:
            ends = [_BEFORE_ALL if e < 0 else e for e in attrs.end]
            axes = [onnx.axis(rank, i) for i in range(rank)]
            parts = (("starts", attrs.begin), ("ends", ends), ("axes", axes), ("steps", attrs.stride))
            value = onnx.node("Slice", [value, *(onnx.initializer(k, np.asarray(v, np.int64)) for k, v in parts)])
        onnx.output(bound, value)
