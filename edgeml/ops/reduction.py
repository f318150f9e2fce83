"""What operators share that make one value of all values along some axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Array, Attributes, BoundNode, DType, Numerics, Shape, TensorType
from edgeml.ops.base import (
    EXACT,
    Constraint,
    KernelCall,
    OnnxEmitter,
    Operand,
    Operator,
    ParamValue,
    Result,
    is_int8,
    is_int16,
)
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.int16 import LOW, saturate_s16
from edgeml.ops.lut import saturate
from edgeml.ops.movement import View, dense_strides, merged, rank_at_most_6
from edgeml.ops.onnx_fixed_point import INT64, cast, constant, multiplied, saturated
from edgeml.ops.onnx_helpers import from_nhwc, nhwc, reshape
from edgeml.ops.requantize import requantize

# groups of neighbouring dimensions that are kept, or reduced, within rank 6
GROUPS = 3


@dataclass(frozen=True)
class ReduceAttrs(Attributes):
    """`axes` are non-negative, ascending, and refer to the NHWC layout."""

    axes: tuple[int, ...] = ()
    keep_dims: bool = False


class Reduction(Operator[ReduceAttrs]):
    """x of rank 6 at most -> x without (or with size 1 of) the reduced axes."""

    attrs_type = ReduceAttrs
    dtypes: ClassVar[tuple[DType, ...]] = (DType.FLOAT32, DType.INT8, DType.INT32, DType.INT64)
    # edgeml_reduce_kind in kernels/reduce.h, and the NumPy reduction
    kind: ClassVar[int]
    function: ClassVar[str]
    constraints: ClassVar[tuple[Constraint, ...]] = (rank_at_most_6,)

    def infer(self, attrs: ReduceAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if not attrs.axes or list(attrs.axes) != sorted({a for a in attrs.axes if 0 <= a < len(x.shape)}):
            raise GraphError(
                f"{self.name}: axes must be ascending, within rank {len(x.shape)}, at least one. Got {attrs.axes}."
            )
        kept = tuple(1 if i in attrs.axes else d for i, d in enumerate(x.shape))
        shape = kept if attrs.keep_dims else tuple(d for i, d in enumerate(x.shape) if i not in attrs.axes)
        return (TensorType(shape, x.dtype),)

    def _reduce(self, bound: BoundNode, x: Array | None, dtype: Any = None) -> Array:
        """The NumPy reduction, computed in `dtype` (None: that of x)."""
        assert x is not None
        attrs = self.attrs(bound)
        wide = x if dtype is None else x.astype(dtype)
        return np.asarray(getattr(np, self.function)(wide, axis=attrs.axes, keepdims=attrs.keep_dims))

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        return (self._reduce(bound, inputs[0]).astype(bound.output.dtype.numpy),)

    def batchable(self, bound: BoundNode) -> bool:
        return 0 not in self.attrs(bound).axes and super().batchable(bound)

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> ReduceAttrs:
        x = types[0]
        assert x is not None
        axes = sorted({int(a) % len(x.shape) for a in operands["axes"].ravel()})
        return self.attrs_type(tuple(axes), bool(options["keepDims"]))

    def onnx_reduce(self, onnx: OnnxEmitter, value: str, attrs: ReduceAttrs) -> str:
        """The node itself, on a value in NHWC."""
        assert isinstance(self.onnx, str)
        return onnx.node(self.onnx, [value], axes=list(attrs.axes), keepdims=int(attrs.keep_dims))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        value = nhwc(onnx, onnx.input(bound, 0), len(bound.input(0).shape))
        value = self.onnx_reduce(onnx, value, self.attrs(bound))
        if not bound.output.shape:
            value = reshape(onnx, value, ())
        onnx.output(bound, from_nhwc(onnx, value, bound.output.shape))

    def kernel(self, bound: BoundNode) -> KernelCall:
        params: dict[str, ParamValue] = {"kind": self.kind, **loops(bound.input(0).shape, self.attrs(bound).axes)}
        if is_int8(bound):
            scale, offset = self.constants(bound)
            params = {**params, "scale": scale, "offset": offset}
            return KernelCall("reduce_s8", params, (Operand(0), Result()))
        if is_int16(bound):
            raise UnsupportedError(f"{self.name} '{bound.name}': has no C kernel for int16. Use int8 for this layer.")
        if bound.output.dtype is not DType.FLOAT32:
            raise UnsupportedError(
                f"{self.name} '{bound.name}': has no C kernel for {bound.output.dtype.value}. Use float32 or int8."
            )
        return KernelCall("reduce_f32", {**params, "count": reduced(bound)}, (Operand(0), Result()))

    def constants(self, bound: BoundNode) -> tuple[float, float]:
        """(scale, offset) of the int8 rule for sums and means; unused otherwise."""
        return 1.0, 0.0


class Total(Reduction):
    """A sum or a mean.

    int8: `clamp(rint(float32(sum of x) * scale + offset))`, half to even; product and sum are two float32 operations,
    not fused, and the zero points are inside `offset`. tflm: the sum of x - zero point requantised by `factor`.
    """

    tflm = EXACT
    kernels: ClassVar[tuple[str, ...]] = ("reduce_s8", "reduce_fixed_s8", "reduce_s16", "reduce_f32")
    onnx_bound = 1
    onnx_bound_reason = "adds the zero point after rounding, LiteRT before: exact halves may round to either side"

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        total = np.asarray(x.sum(axis=attrs.axes, keepdims=attrs.keep_dims, dtype=np.int32))
        if bound.numerics is Numerics.TFLM:
            centred = total - bound.input(0).type.zero_point * reduced(bound)
            return (requantize(centred, self.factor(bound), bound.output.type.zero_point),)
        scale, offset = self.constants(bound)
        real = total.astype(np.float32) * np.float32(scale) + np.float32(offset)
        return (saturate(np.rint(real)),)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        total = np.asarray(x.sum(axis=attrs.axes, keepdims=attrs.keep_dims, dtype=np.int64))
        return (saturate_s16(multiply_by_quantized_multiplier(total, self.factor(bound))),)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, shape = self.attrs(bound), bound.input(0).shape
        # height and width need no other order
        image = len(shape) == 4 and attrs.axes == (1, 2)
        value = onnx.codes(bound, 0) if image else nhwc(onnx, onnx.codes(bound, 0), len(shape))
        axes = constant(onnx, np.asarray((2, 3) if image else attrs.axes))
        total = onnx.node("ReduceSum", [cast(onnx, value, INT64), axes], keepdims=int(attrs.keep_dims))
        value = saturated(onnx, multiplied(onnx, total, self.factor(bound), reduced(bound) * -LOW))
        onnx.output_codes(bound, value if image else from_nhwc(onnx, value, bound.output.shape))

    def divisor(self, bound: BoundNode) -> int:
        """What the sum is divided by."""
        return 1

    def kernel(self, bound: BoundNode) -> KernelCall:
        if not is_int16(bound) and (not is_int8(bound) or bound.numerics is not Numerics.TFLM):
            return super().kernel(bound)
        multiplier, shift = self.factor(bound).tolist()
        if is_int16(bound):
            sizes = loops(bound.input(0).shape, self.attrs(bound).axes)
            return KernelCall("reduce_s16", {**sizes, "multiplier": multiplier, "shift": shift}, (Operand(0), Result()))
        params: dict[str, ParamValue] = {
            **loops(bound.input(0).shape, self.attrs(bound).axes),
            "start": -bound.input(0).type.zero_point * reduced(bound),
            "output_zero_point": bound.output.type.zero_point,
            "multiplier": multiplier,
            "shift": shift,
        }
        return KernelCall("reduce_fixed_s8", params, (Operand(0), Result()))

    def factor(self, bound: BoundNode) -> Array:
        """int32 (2,): input scale / output scale / divisor as a fixed-point factor.

        The division is TensorFlow Lite's (`QuantizedMeanOrSum`): the multiplier gets as many bits more as the divisor.
        """
        divisor = self.divisor(bound)
        multiplier, shift = quantize_multiplier(bound.input(0).type.scale / bound.output.type.scale).tolist()
        bits = min(divisor.bit_length() - 1, 32, 31 + shift)
        return np.asarray([(multiplier << bits) // divisor, shift - bits], np.int32)

    def constants(self, bound: BoundNode) -> tuple[float, float]:
        """float32 (scale, offset) of the int8 rule, formed in the order that LiteRT's delegate does.

        The offset holds what rounding leaves of `output_zero_point - input_zero_point * count * scale`.
        """
        x, y = bound.input(0).type, bound.output.type
        scale = (np.float32(x.scale) / np.float32(y.scale)) * (np.float32(1) / np.float32(self.divisor(bound)))
        offset = np.float32(y.zero_point) - np.float32(x.zero_point * reduced(bound)) * scale
        return float(scale), float(offset)


class Extreme(Reduction):
    """A largest or smallest value; int8 keeps the quantisation."""

    kernels: ClassVar[tuple[str, ...]] = ("reduce_s8", "reduce_f32")
    same_quantization = True

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        return (self._reduce(bound, inputs[0]),)


def reduced(bound: BoundNode) -> int:
    """Number of elements that become one."""
    return bound.input(0).type.elements // bound.output.type.elements


def loops(shape: Shape, axes: Sequence[int]) -> dict[str, ParamValue]:
    """Sizes and strides of the kept and of the reduced dimensions, neighbours merged, as the kernels take them."""
    params: dict[str, ParamValue] = {}
    strides = dense_strides(shape)
    for prefix, inside in (("", False), ("reduce_", True)):
        chosen = [i for i in range(len(shape)) if (i in axes) is inside]
        view = merged(View(tuple(shape[i] for i in chosen), tuple(strides[i] for i in chosen)))
        missing = GROUPS - len(view.shape)
        params[f"{prefix}shape"] = (1,) * missing + view.shape
        params[f"{prefix}stride"] = (0,) * missing + view.strides
    return params
