"""cast: the same numbers in another element type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result

# LiteRT's TensorType, which the option table holds
_LITERT_TYPES = {
    DType.FLOAT32: 0, DType.INT32: 2, DType.UINT8: 3, DType.INT64: 4, DType.BOOL: 6, DType.INT16: 7, DType.INT8: 9,
}  # fmt: skip
# ONNX's TensorProto.DataType
_ONNX_TYPES = {
    DType.FLOAT32: 1, DType.UINT8: 2, DType.INT8: 3, DType.INT16: 5, DType.INT32: 6, DType.INT64: 7, DType.BOOL: 9,
}  # fmt: skip
# edgeml_cast_type in kernels/cast_any.h
_KERNEL_TYPES = {
    DType.FLOAT32: 0, DType.INT8: 1, DType.UINT8: 2, DType.INT16: 3, DType.INT32: 4, DType.INT64: 5, DType.BOOL: 6,
}  # fmt: skip


@dataclass(frozen=True)
class CastAttrs(Attributes):
    """`dtype` is the output's element type."""

    dtype: DType = DType.FLOAT32


def no_scale(bound: BoundNode) -> bool:
    """casts plain numbers, so neither side may have a scale; use quantize and dequantize for those that have"""
    return bound.input(0).quantization is None and bound.output.quantization is None


class Cast(Operator[CastAttrs]):
    """x of any shape and element type -> the same shape, element type `dtype`.

    From float32 towards zero, saturated, NaN as the largest value; between integers the low bits stay; to bool,
    everything but 0 is true. This is what LiteRT computes.
    """

    name = "cast"
    attrs_type = CastAttrs
    litert = LiteRT("CAST", "CastOptions")
    onnx = "Cast"
    tflm = EXACT
    kernels = ("cast_any",)
    dtypes = tuple(DType)
    constraints = (no_scale,)

    def infer(self, attrs: CastAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        return (TensorType(x.shape, attrs.dtype),)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, target = inputs[0], self.attrs(bound).dtype.numpy
        assert x is not None
        if x.dtype == np.float32 and target.kind in "iu":
            return (_saturated(x, target),)
        return (x.astype(target),)

    def litert_version(self, bound: BoundNode) -> int:
        return 3 if DType.INT8 in (bound.input(0).dtype, bound.output.dtype) else 1

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return {
            "inDataType": _LITERT_TYPES[bound.input(0).dtype],
            "outDataType": _LITERT_TYPES[bound.output.dtype],
        }

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> CastAttrs:
        # LiteRT goes by the tensors too and ignores the options
        return CastAttrs(outputs[0].dtype)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        target = bound.output.dtype
        value = onnx.input(bound, 0)
        if bound.input(0).dtype is DType.FLOAT32 and target.numpy.kind in "iu":
            # ONNX leaves values out of range undefined; the largest int32 and int64 are no float32 values
            low, high = _float_range(target.numpy)
            bounds = [onnx.initializer("bound", np.asarray(b, np.float32)) for b in (low, high)]
            value = onnx.node("Clip", [value, *bounds])
        onnx.output(bound, onnx.node("Cast", [value], to=_ONNX_TYPES[target]))

    def kernel(self, bound: BoundNode) -> KernelCall:
        params = {
            "size": bound.output.type.elements,
            "source": _KERNEL_TYPES[bound.input(0).dtype],
            "target": _KERNEL_TYPES[bound.output.dtype],
        }
        return KernelCall("cast_any", params, (Operand(0), Result()))


def _float_range(target: np.dtype[Any]) -> tuple[np.float32, np.float32]:
    """The smallest and the largest float32 inside an integer type."""
    info = np.iinfo(target)
    high = np.float32(info.max)
    return np.float32(info.min), high if int(high) <= info.max else np.nextafter(high, np.float32(0))


def _saturated(x: Array, target: np.dtype[Any]) -> Array:
    low, high = _float_range(target)
    info = np.iinfo(target)
    with np.errstate(invalid="ignore"):
        inside = np.clip(np.nan_to_num(x), low, high).astype(target)
        return np.where(np.isnan(x) | (x > high), info.max, np.where(x < low, info.min, inside)).astype(target)
