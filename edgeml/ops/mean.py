"""mean: average over axes, usually the spatial ones (global average pooling)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, Numerics, Shape, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result, is_int8
from edgeml.ops.fixed_point import quantize_multiplier
from edgeml.ops.lut import saturate
from edgeml.ops.onnx_helpers import from_nhwc
from edgeml.ops.requantize import requantize


@dataclass(frozen=True)
class MeanAttrs(Attributes):
    """`axes` are non-negative, ascending, and refer to the NHWC layout."""

    axes: tuple[int, ...] = (1, 2)
    keep_dims: bool = False


def adjacent_axes(bound: BoundNode) -> bool:
    """the reduced axes must be next to each other, apart from axes of size 1"""
    attrs = bound.node.attrs
    assert isinstance(attrs, MeanAttrs)
    shape = bound.input(0).shape
    reduced = [i in attrs.axes for i, d in enumerate(shape) if d > 1]
    changes = sum(a != b for a, b in zip([False, *reduced], [*reduced, False], strict=True))
    return changes <= 2


class Mean(Operator[MeanAttrs]):
    """x of any rank -> x without (or with size 1 of) the reduced axes.

    int8: `clamp(rint(float32(sum of x) * scale + offset))`, half to even; product and sum are two float32 operations,
    not fused, and the zero points are inside `offset`. tflm: the sum of x - zero point requantised by `mean_factor`.
    """

    name = "mean"
    attrs_type = MeanAttrs
    litert = LiteRT("MEAN", "ReducerOptions", {"keep_dims": "keepDims"}, {"axes": 1})
    onnx = "ReduceMean"
    tflm = EXACT
    kernels = ("mean_s8", "mean_fixed_s8", "mean_f32")
    onnx_bound = 1
    onnx_bound_reason = "adds the zero point after rounding, LiteRT before: exact halves may round to either side"
    constraints = (adjacent_axes,)

    def infer(self, attrs: MeanAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if not attrs.axes or list(attrs.axes) != sorted({a for a in attrs.axes if 0 <= a < len(x.shape)}):
            raise GraphError(
                f"mean: axes must be ascending, within rank {len(x.shape)}, at least one. Got {attrs.axes}."
            )
        kept = tuple(1 if i in attrs.axes else d for i, d in enumerate(x.shape))
        shape = kept if attrs.keep_dims else tuple(d for i, d in enumerate(x.shape) if i not in attrs.axes)
        return (TensorType(shape, x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        return (x.mean(axis=attrs.axes, keepdims=attrs.keep_dims, dtype=np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        total = x.sum(axis=attrs.axes, keepdims=attrs.keep_dims, dtype=np.int32)
        if bound.numerics is Numerics.TFLM:
            x_type, y_type = bound.input(0).type, bound.output.type
            centred = total - x_type.zero_point * averaged(bound)
            return (requantize(centred, mean_factor(bound), y_type.zero_point),)
        scale, offset = mean_constants(bound)
        real = total.astype(np.float32) * np.float32(scale) + np.float32(offset)
        return (saturate(np.rint(real)),)

    def batchable(self, bound: BoundNode) -> bool:
        return 0 not in self.attrs(bound).axes and super().batchable(bound)

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> MeanAttrs:
        x = types[0]
        assert x is not None
        axes = sorted({int(a) % len(x.shape) for a in operands["axes"].ravel()})
        return MeanAttrs(tuple(axes), bool(options["keepDims"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, shape = self.attrs(bound), bound.input(0).shape
        value = onnx.input(bound, 0)
        if len(shape) == 4 and attrs.axes == (1, 2):
            value = onnx.node("GlobalAveragePool", [value])
            if not attrs.keep_dims:
                value = onnx.node("Flatten", [value]) if shape[0] == 1 else _reshape(onnx, value, bound.output.shape)
            onnx.output(bound, value)
            return
        if len(shape) == 4:
            value = onnx.node("Transpose", [value], perm=[0, 2, 3, 1])
        value = onnx.node("ReduceMean", [value], axes=list(attrs.axes), keepdims=int(attrs.keep_dims))
        onnx.output(bound, from_nhwc(onnx, value, bound.output.shape))

    def kernel(self, bound: BoundNode) -> KernelCall:
        outer, reduce, inner = merged(bound.input(0).shape, self.attrs(bound).axes)
        params = {"outer": outer, "reduce": reduce, "inner": inner}
        if not is_int8(bound):
            return KernelCall("mean_f32", params, (Operand(0), Result()))
        if bound.numerics is Numerics.TFLM:
            factor, shift = mean_factor(bound).tolist()
            fixed = {
                "start": -bound.input(0).type.zero_point * averaged(bound),
                "output_zero_point": bound.output.type.zero_point,
                "multiplier": factor,
                "shift": shift,
            }
            return KernelCall("mean_fixed_s8", {**params, **fixed}, (Operand(0), Result()))
        scale, offset = mean_constants(bound)
        return KernelCall("mean_s8", {**params, "scale": scale, "offset": offset}, (Operand(0), Result()))


def merged(shape: Shape, axes: tuple[int, ...]) -> tuple[int, int, int]:
    """(outer, reduce, inner): `shape` as one reduced block between what comes before and after it."""
    wide = [a for a in axes if shape[a] > 1] or [axes[0]]
    first, last = wide[0], wide[-1]
    sizes = (shape[:first], shape[first : last + 1], shape[last + 1 :])
    outer, reduce, inner = (int(np.prod(s, dtype=np.int64)) for s in sizes)
    return outer, reduce, inner


def averaged(bound: BoundNode) -> int:
    """Number of elements behind each mean."""
    return int(np.prod([bound.input(0).shape[a] for a in bound.node.attrs.axes]))  # type: ignore[attr-defined]


def mean_factor(bound: BoundNode) -> Array:
    """int32 (2,): input scale / output scale / number of elements as a fixed-point factor.

    The division is TensorFlow Lite's (`QuantizedMeanOrSum`): the multiplier gets as many bits more as the count has.
    """
    count = averaged(bound)
    factor, shift = quantize_multiplier(bound.input(0).type.scale / bound.output.type.scale).tolist()
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return np.asarray([(factor << bits) // count, shift - bits], np.int32)


def mean_constants(bound: BoundNode) -> tuple[float, float]:
    """float32 (scale, offset) of the int8 rule, formed in the order that LiteRT's delegate does.

    The offset holds what rounding leaves of `output_zero_point - input_zero_point * count * scale`.
    """
    x, y, count = bound.input(0).type, bound.output.type, averaged(bound)
    scale = (np.float32(x.scale) / np.float32(y.scale)) * (np.float32(1) / np.float32(count))
    offset = np.float32(y.zero_point) - np.float32(x.zero_point * count) * scale
    return float(scale), float(offset)


def _reshape(onnx: OnnxEmitter, value: str, shape: Shape) -> str:
    return onnx.node("Reshape", [value, onnx.initializer("shape", np.asarray(shape, np.int64))])
