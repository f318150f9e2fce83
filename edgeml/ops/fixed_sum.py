"""Sums and differences whose operands are rescaled to a common step, then to the output's: int8 under tflm numerics,
int16.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, BoundNode, DType
from edgeml.ops.base import KernelCall, OnnxEmitter, Operand, Result
from edgeml.ops.common import Activation, builtin_activation_range_s8, fused_range_s8
from edgeml.ops.elementwise import aligned_codes, geometry
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, multiply_rounded_once, quantize_multiplier
from edgeml.ops.onnx_fixed_point import multiplied, rescaled_once, saturated, times

# bits that the operands are shifted left by before they are rescaled
_LEFT_SHIFT = {DType.INT8: 20, DType.INT16: 15}


@dataclass(frozen=True, eq=False)
class SumFactors:
    """int32 (2,) multiplier and shift of each operand and of the output; see `quantize_multiplier`."""

    a: Array
    b: Array
    output: Array


def sum_factors(bound: BoundNode) -> SumFactors:
    """TensorFlow Lite's: the common step is twice the larger input scale, so that the sum cannot overflow."""
    a, b, y = bound.input(0).type, bound.input(1).type, bound.output.type
    step = 2 * max(a.scale, b.scale)
    return SumFactors(
        quantize_multiplier(a.scale / step),
        quantize_multiplier(b.scale / step),
        quantize_multiplier(step / (2.0 ** left_shift(bound) * y.scale)),
    )


def left_shift(bound: BoundNode) -> int:
    """Bits that the operands are shifted left by before they are rescaled."""
    return _LEFT_SHIFT[bound.output.dtype]


def fixed_sum(bound: BoundNode, a: Array, b: Array, activation: Activation, sign: int) -> Array:
    """a + b (`sign` 1) or a - b (-1) in the output's element type."""
    factors, out, shift = sum_factors(bound), bound.output.type, left_shift(bound)
    # LiteRT's int16 sums round their operands once, its differences and all int8 ones twice
    once = bound.output.dtype is DType.INT16 and sign > 0
    rescaled = multiply_rounded_once if once else multiply_by_quantized_multiplier
    scaled_a, scaled_b = (
        rescaled((x.astype(np.int64) - t.type.zero_point) << shift, factor)
        for x, t, factor in ((a, bound.input(0), factors.a), (b, bound.input(1), factors.b))
    )
    steps = multiply_by_quantized_multiplier(scaled_a + sign * scaled_b, factors.output)
    low, high = _range(bound, activation)
    return np.asarray(np.clip(steps + out.zero_point, low, high), out.dtype.numpy)


def fixed_sum_onnx(bound: BoundNode, onnx: OnnxEmitter, activation: Activation, sign: int) -> None:
    """The same of int16 codes in ONNX's operators."""
    factors, left = sum_factors(bound), left_shift(bound)
    scaled = [
        rescaled_once(onnx, x, factor, left)
        if sign > 0
        else multiplied(onnx, times(onnx, x, 1 << left), factor, 1 << (15 + left))
        for x, factor in zip(aligned_codes(bound, onnx), (factors.a, factors.b), strict=True)
    ]
    total = onnx.node("Add" if sign > 0 else "Sub", scaled)
    # the common step halves each operand at least
    steps = multiplied(onnx, total, factors.output, 1 << (15 + left))
    onnx.output_codes(bound, saturated(onnx, steps, *_range(bound, activation)))


def fixed_sum_call(bound: BoundNode, activation: Activation, sign: int) -> KernelCall:
    """The same as a C call."""
    factors = sum_factors(bound)
    low, high = _range(bound, activation)
    params = {
        **geometry(bound),
        "a_zero_point": bound.input(0).type.zero_point,
        "b_zero_point": bound.input(1).type.zero_point,
        "output_zero_point": bound.output.type.zero_point,
        "a_multiplier": int(factors.a[0]), "a_shift": int(factors.a[1]),
        "b_multiplier": int(factors.b[0]), "b_shift": int(factors.b[1]),
        "output_multiplier": int(factors.output[0]), "output_shift": int(factors.output[1]),
        "sign": sign,
        "activation_min": low, "activation_max": high,
    }  # fmt: skip
    if bound.output.dtype is DType.INT8:
        return KernelCall("add_fixed_s8", params, (Operand(0), Operand(1), Result()))
    params = {name: value for name, value in params.items() if not name.endswith("zero_point")}
    return KernelCall("add_s16", params, (Operand(0), Operand(1), Result()))


def _range(bound: BoundNode, activation: Activation) -> tuple[int, int]:
    if bound.output.dtype is DType.INT16:
        return builtin_activation_range_s8(activation, bound.output.type)
    return fused_range_s8(bound, activation)
