"""arg_max: index of the largest value along an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result
from edgeml.ops.onnx_helpers import from_nhwc, nhwc, reshape

# LiteRT's TensorType and ONNX's TensorProto.DataType
_LITERT_TYPES = {DType.INT32: 2, DType.INT64: 4}
_ONNX_INT32 = 6


@dataclass(frozen=True)
class ArgAttrs(Attributes):
    """Attributes of arg_max and arg_min: `axis` of the NHWC layout, which goes; `dtype` is int32 or int64."""

    axis: int = 0
    dtype: DType = DType.INT32


def float_or_int8(bound: BoundNode) -> bool:
    """the input must be float32 or int8"""
    return bound.input(0).dtype in (DType.FLOAT32, DType.INT8)


class ArgMax(Operator[ArgAttrs]):
    """x of rank 1 or more -> indices of the first largest values, without the axis."""

    name = "arg_max"
    attrs_type = ArgAttrs
    litert = LiteRT("ARG_MAX", "ArgMaxOptions", {}, {"axis": 1})
    tflm = EXACT
    onnx = "ArgMax"
    kernels = ("arg_s8", "arg_f32")
    dtypes = (DType.FLOAT32, DType.INT8, DType.INT32, DType.INT64)
    constraints = (float_or_int8,)
    smallest: ClassVar[bool] = False

    def infer(self, attrs: ArgAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if not 0 <= attrs.axis < len(x.shape) or attrs.dtype not in _LITERT_TYPES:
            raise GraphError(
                f"{self.name}: the axis must be within the input, the type int32 or int64. Got {x.shape}, {attrs}."
            )
        return (TensorType(x.shape[: attrs.axis] + x.shape[attrs.axis + 1 :], attrs.dtype),)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        found = np.argmin(x, attrs.axis) if self.smallest else np.argmax(x, attrs.axis)
        return (np.asarray(found, attrs.dtype.numpy),)

    def batchable(self, bound: BoundNode) -> bool:
        return self.attrs(bound).axis != 0 and super().batchable(bound)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return {"outputType": _LITERT_TYPES[self.attrs(bound).dtype]}

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> ArgAttrs:
        x = types[0]
        assert x is not None
        axis = int(operands["axis"].ravel()[0])
        return ArgAttrs(axis + len(x.shape) if axis < 0 else axis, outputs[0].dtype)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        assert isinstance(self.onnx, str)
        attrs = self.attrs(bound)
        value = nhwc(onnx, onnx.input(bound, 0), len(bound.input(0).shape))
        value = onnx.node(self.onnx, [value], axis=attrs.axis, keepdims=0)
        if attrs.dtype is DType.INT32:
            value = onnx.node("Cast", [value], to=_ONNX_INT32)
        if not bound.output.shape:
            value = reshape(onnx, value, ())
        onnx.output(bound, from_nhwc(onnx, value, bound.output.shape))

    def kernel(self, bound: BoundNode) -> KernelCall:
        axis, shape = self.attrs(bound).axis, bound.input(0).shape
        params = {
            "outer": int(np.prod(shape[:axis], dtype=np.int64)),
            "size": shape[axis],
            "inner": int(np.prod(shape[axis + 1 :], dtype=np.int64)),
            "smallest": int(self.smallest),
            "index_size": bound.output.dtype.size,
        }
        suffix = "s8" if bound.input(0).dtype is DType.INT8 else "f32"
        return KernelCall(f"arg_{suffix}", params, (Operand(0), Result()))
