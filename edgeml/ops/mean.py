"""mean: average over axes, usually the spatial ones (global average pooling)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, Shape, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result, is_int8
from edgeml.ops.fixed_point import quantize_multiplier
from edgeml.ops.lut import saturate
from edgeml.ops.onnx_helpers import from_nhwc


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


@dataclass(frozen=True)
class MeanRule:
    """Constants of the int8 rule, of which LiteRT has two.

    Equal quantisation on both sides goes to the delegate: `clamp(rint(sum * scale + offset))`, two float32
    operations, not fused; the sum is of `x`, scale is 1 / count, and offset is what rounding leaves of
    `zero_point - zero_point * count * scale`; `multiplier` and both zero points are 0.
    Otherwise the built-in kernel runs, in integers: `clamp(((sum * multiplier + 2**(shift - 1)) >> shift) +
    output_zero_point)` with a 64-bit product; the sum is of `x - input_zero_point`.
    """

    input_zero_point: int
    output_zero_point: int
    scale: float
    offset: float
    multiplier: int
    shift: int


class Mean(Operator[MeanAttrs]):
    """x of any rank -> x without (or with size 1 of) the reduced axes. int8: see `MeanRule`."""

    name = "mean"
    attrs_type = MeanAttrs
    litert = LiteRT("MEAN", "ReducerOptions", {"keep_dims": "keepDims"}, {"axes": 1})
    onnx = "ReduceMean"
    kernels = ("mean_s8", "mean_f32")
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
        rule = mean_rule(bound)
        acc = (x.astype(np.int32) - rule.input_zero_point).sum(
            axis=attrs.axes, keepdims=attrs.keep_dims, dtype=np.int32
        )
        if rule.multiplier == 0:
            real = acc.astype(np.float32) * np.float32(rule.scale) + np.float32(rule.offset)
            return (saturate(np.rint(real)),)
        rounding = 1 << (rule.shift - 1)
        return (saturate(((acc.astype(np.int64) * rule.multiplier + rounding) >> rule.shift) + rule.output_zero_point),)

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
        # the kernel takes the float rule when `multiplier` is 0, else the integer one
        return KernelCall("mean_s8", {**params, **asdict(mean_rule(bound))}, (Operand(0), Result()))


def merged(shape: Shape, axes: tuple[int, ...]) -> tuple[int, int, int]:
    """(outer, reduce, inner): `shape` as one reduced block between what comes before and after it."""
    wide = [a for a in axes if shape[a] > 1] or [axes[0]]
    first, last = wide[0], wide[-1]
    sizes = (shape[:first], shape[first : last + 1], shape[last + 1 :])
    outer, reduce, inner = (int(np.prod(s, dtype=np.int64)) for s in sizes)
    return outer, reduce, inner


def mean_rule(bound: BoundNode) -> MeanRule:
    """The rule that LiteRT's default interpreter applies to this node."""
    x, y = bound.input(0).type, bound.output.type
    count = int(np.prod([x.shape[a] for a in bound.node.attrs.axes]))  # type: ignore[attr-defined]
    if x.quantization == y.quantization:
        scale = np.float32(1) / np.float32(count)
        offset = np.float32(x.zero_point) - np.float32(x.zero_point * count) * scale
        return MeanRule(0, 0, float(scale), float(offset), 0, 0)
    multiplier, exponent = quantize_multiplier(float(np.float32(x.scale) / np.float32(y.scale)))
    # the count is divided out of the multiplier; the shift first makes room for its bits
    room = min(count.bit_length() - 1, 32, 31 + exponent)
    return MeanRule(x.zero_point, y.zero_point, 0.0, 0.0, (multiplier << room) // count, 31 - exponent + room)


def _reshape(onnx: OnnxEmitter, value: str, shape: Shape) -> str:
    return onnx.node("Reshape", [value, onnx.initializer("shape", np.asarray(shape, np.int64))])
