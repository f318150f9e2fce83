"""add: elementwise sum with broadcasting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, BoundNode, DType, Numerics, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Result, is_int8
from edgeml.ops.common import ARITHMETIC_S16, Activation, activation_range_s8
from edgeml.ops.elementwise import Binary, BinaryAttrs, Elementwise, geometry
from edgeml.ops.fixed_sum import fixed_sum, fixed_sum_call, fixed_sum_onnx


@dataclass(frozen=True)
class SumConstants:
    """Integers of the int8 rule: `(bias + a * a_multiplier + b * b_multiplier) >> shift`, plus the zero point."""

    a_multiplier: int
    b_multiplier: int
    bias: int
    shift: int


def sum_constants(bound: BoundNode, sign: int) -> SumConstants:
    """XNNPACK's scalar rule (`xnn_init_qs8_add_minmax_scalar_params`): the larger multiplier has 21 bits.

    `sign` is that of b: 1 for a sum, -1 for a difference.
    """
    a, b, y = bound.input(0).type, bound.input(1).type, bound.output.type
    ratio_a = np.float32(a.scale) / np.float32(y.scale)
    ratio_b = np.float32(b.scale) / np.float32(y.scale)
    shift = 20 - int(np.frexp(max(ratio_a, ratio_b))[1] - 1)
    a_multiplier = int(np.rint(np.ldexp(np.float64(ratio_a), shift)))
    b_multiplier = sign * int(np.rint(np.ldexp(np.float64(ratio_b), shift)))
    bias = (1 << (shift - 1)) - a_multiplier * a.zero_point - b_multiplier * b.zero_point
    return SumConstants(a_multiplier, b_multiplier, bias, shift)


def sum_s8(bound: BoundNode, a: Array, b: Array, sign: int) -> Array:
    """int8 sum (`sign` 1) or difference (-1)."""
    if bound.numerics is Numerics.TFLM:
        return fixed_sum(bound, a, b, _activation(bound), sign=sign)
    c = sum_constants(bound, sign)
    acc = c.bias + a.astype(np.int64) * c.a_multiplier + b.astype(np.int64) * c.b_multiplier
    low, high = activation_range_s8(_activation(bound), bound.output.type)
    return np.asarray(np.clip((acc >> c.shift) + bound.output.type.zero_point, low, high), np.int8)


def sum_call(bound: BoundNode, sign: int) -> KernelCall:
    """The same as a C call."""
    if bound.numerics is Numerics.TFLM:
        return fixed_sum_call(bound, _activation(bound), sign=sign)
    c = sum_constants(bound, sign)
    low, high = activation_range_s8(_activation(bound), bound.output.type)
    params = {
        **geometry(bound),
        "a_multiplier": c.a_multiplier,
        "b_multiplier": c.b_multiplier,
        "bias": c.bias,
        "shift": c.shift,
        "output_zero_point": bound.output.type.zero_point,
        "activation_min": low,
        "activation_max": high,
    }
    return KernelCall("add_s8", params, (Operand(0), Operand(1), Result()))


def sum_options(bound: BoundNode, options: dict[str, Any]) -> dict[str, Any]:
    """`options` for the file: int16 scales that are powers of two have a rule of their own, unless LiteRT is told."""
    return {**options, "potScaleInt16": False} if bound.output.dtype is DType.INT16 else options


def refuse_binary_scales(options: Mapping[str, Any], types: Sequence[TensorType | None]) -> None:
    """UnsupportedError for int16 tensors to which LiteRT would apply its rule for scales that are powers of two."""
    int16 = all(t is not None and t.dtype is DType.INT16 and t.quantization is not None for t in types)
    if int16 and options.get("potScaleInt16") and all(t is not None and _is_power_of_two(t.scale) for t in types):
        raise UnsupportedError(
            "an int16 sum by the rule for scales that are powers of two. Convert the model with another converter."
        )


def _is_power_of_two(scale: float) -> bool:
    # LiteRT takes what is near enough for one
    logarithm = np.log2(scale)
    return bool(abs(logarithm - np.rint(logarithm)) < 2e-3)


def sum_scale_ratio(bound: BoundNode) -> bool:
    """the larger input scale must be between 1/1024 and 256 times the output scale"""
    if not is_int8(bound):
        return True
    scales = [t.type.scale for t in bound.inputs if t is not None and t.quantization is not None]
    y = bound.output.quantization
    if y is None or len(scales) != 2:
        return True
    ratio = np.float32(max(scales)) / np.float32(y.scale[0])
    return bool(2.0**-10 <= ratio < 2.0**8)


class Add(Binary):
    """a + b."""

    name = "add"
    litert = LiteRT("ADD", "AddOptions", version_int16=3)
    onnx = "Add"
    tflm = EXACT
    kernels = ("add_s8", "add_fixed_s8", "add_s16", "add_f32", "binary_s32")
    dtypes = ARITHMETIC_S16
    onnx_bound = 1
    onnx_bound_reason = "adds in float32 and rounds halves to even, LiteRT in integers and half up"
    constraints = (*Elementwise.constraints, sum_scale_ratio)

    def combine(self, a: Array, b: Array) -> Array:
        return a + b

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        return (sum_s8(bound, a, b, sign=1),)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        return (fixed_sum(bound, a, b, self.activation(bound), sign=1),)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return sum_options(bound, super().litert_options(bound))

    def from_litert(self, options: Any, operands: Any, types: Any, outputs: Any) -> BinaryAttrs:
        refuse_binary_scales(options, (*types, *outputs))
        return super().from_litert(options, operands, types, outputs)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        fixed_sum_onnx(bound, onnx, self.activation(bound), sign=1)

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        return fixed_sum_call(bound, self.activation(bound), sign=1)

    def kernel_s8(self, bound: BoundNode) -> KernelCall:
        return sum_call(bound, sign=1)


def _activation(bound: BoundNode) -> Activation:
    assert isinstance(bound.node.attrs, BinaryAttrs)
    return bound.node.attrs.activation
