"""gather: slices of a tensor by index along one axis; on a constant tensor an embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, Shape, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result
from edgeml.ops.movement import same_element_type
from edgeml.ops.onnx_helpers import from_nhwc, nhwc, reshape


@dataclass(frozen=True)
class GatherAttrs(Attributes):
    """`axis` of the NHWC layout; the first `batch_dims` dimensions of both inputs are the same."""

    axis: int = 0
    batch_dims: int = 0


def whole_indices(bound: BoundNode) -> bool:
    """the indices must be int32 or int64"""
    return bound.input(1).dtype in (DType.INT32, DType.INT64)


class Gather(Operator[GatherAttrs]):
    """x, indices -> `x.shape[:axis] + indices.shape[batch_dims:] + x.shape[axis + 1:]`.

    An index below 0 counts from the back, as in ONNX; beyond the ends it is moved to the nearest element, so that
    no input makes the kernel read elsewhere. LiteRT fails at run time on both.
    """

    name = "gather"
    attrs_type = GatherAttrs
    litert = LiteRT("GATHER", "GatherOptions", {"axis": "axis", "batch_dims": "batchDims"})
    tflm = EXACT
    onnx = "Gather"
    kernels = ("gather_any",)
    dtypes = tuple(DType)
    same_quantization = True
    constraints = (same_element_type, whole_indices)

    def infer(self, attrs: GatherAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, indices = inputs[0], inputs[1]
        assert x is not None and indices is not None
        batch = attrs.batch_dims
        valid = 0 <= batch <= attrs.axis < len(x.shape) and batch <= len(indices.shape)
        if not valid or x.shape[:batch] != indices.shape[:batch]:
            raise GraphError(
                f"gather: axis and batch_dims must be within the inputs, whose first {batch} dimensions must be equal. "
                f"Got {x.shape} and {indices.shape}, {attrs}."
            )
        return (TensorType(_shape(attrs, x.shape, indices.shape), x.dtype),)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, indices = inputs[0], inputs[1]
        assert x is not None and indices is not None
        attrs = self.attrs(bound)
        size, batch = x.shape[attrs.axis], int(np.prod(x.shape[: attrs.batch_dims], dtype=np.int64))
        places = np.clip(np.where(indices < 0, indices + size, indices), 0, size - 1).reshape(batch, -1)
        outer, inner = x.shape[attrs.batch_dims : attrs.axis], x.shape[attrs.axis + 1 :]
        parts = x.reshape(batch, int(np.prod(outer, dtype=np.int64)), size, int(np.prod(inner, dtype=np.int64)))
        y = np.stack([p[:, i] for p, i in zip(parts, places, strict=True)])
        return (y.reshape(_shape(attrs, x.shape, indices.shape)),)

    def batchable(self, bound: BoundNode) -> bool:
        attrs, x, indices = self.attrs(bound), bound.input(0), bound.input(1)
        if attrs.batch_dims:
            return not (x.is_constant or indices.is_constant) and super().batchable(bound)
        one_varies = x.is_constant if attrs.axis == 0 else indices.is_constant
        return one_varies and super().batchable(bound)

    def litert_version(self, bound: BoundNode) -> int:
        if self.attrs(bound).batch_dims:
            return 5
        return {DType.INT16: 4, DType.BOOL: 3, DType.INT8: 2}.get(bound.output.dtype, 1)

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> GatherAttrs:
        x, indices = types[0], types[1]
        assert x is not None and indices is not None
        axis, batch = options["axis"], options["batchDims"]
        return GatherAttrs(
            axis + len(x.shape) if axis < 0 else axis, batch + len(indices.shape) if batch < 0 else batch
        )

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, x, indices = self.attrs(bound), bound.input(0).shape, bound.input(1).shape
        value, places = (nhwc(onnx, onnx.input(bound, i), len(bound.input(i).shape)) for i in (0, 1))
        if not attrs.batch_dims:
            value = onnx.node("Gather", [value, places], axis=attrs.axis)
            onnx.output(bound, from_nhwc(onnx, value, bound.output.shape))
            return
        batch, outer, size, count, inner = _sizes(attrs, x, indices)
        value, places = reshape(onnx, value, (batch, outer, size, inner)), reshape(onnx, places, (batch, 1, count, 1))
        shape = onnx.initializer("shape", np.asarray((batch, outer, count, inner), np.int64))
        value = onnx.node("GatherElements", [value, onnx.node("Expand", [places, shape])], axis=2)
        onnx.output(bound, from_nhwc(onnx, reshape(onnx, value, bound.output.shape), bound.output.shape))

    def kernel(self, bound: BoundNode) -> KernelCall:
        batch, outer, size, count, inner = _sizes(self.attrs(bound), bound.input(0).shape, bound.input(1).shape)
        params = {
            "element_size": bound.output.dtype.size, "index_size": bound.input(1).dtype.size,
            "batch": batch, "outer": outer, "size": size, "count": count, "inner": inner,
        }  # fmt: skip
        return KernelCall("gather_any", params, (Operand(0), Operand(1), Result()))


def _shape(attrs: GatherAttrs, x: Shape, indices: Shape) -> Shape:
    return (*x[: attrs.axis], *indices[attrs.batch_dims :], *x[attrs.axis + 1 :])


def _sizes(attrs: GatherAttrs, x: Shape, indices: Shape) -> tuple[int, int, int, int, int]:
    """(batch, outer, size, count, inner): x is (batch, outer, size, inner), indices are (batch, count)."""
    batch, outer = x[: attrs.batch_dims], x[attrs.batch_dims : attrs.axis]
    parts = (batch, outer, x[attrs.axis : attrs.axis + 1], indices[attrs.batch_dims :], x[attrs.axis + 1 :])
    a, b, c, d, e = (int(np.prod(p, dtype=np.int64)) for p in parts)
    return a, b, c, d, e
