"""int16 activations (symmetric) with int8 weights: the arithmetic of LiteRT's kernels, which know no delegate here.

Accumulators have 64 bits, and their requantisation a multiplier of 15 bits: `kernels/int16.h` is the same in C.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, BoundNode, DType
from edgeml.ops.base import KernelCall, Operand, ParamValue, Result, Table
from edgeml.ops.common import builtin_activation_range_s8
from edgeml.ops.fixed_point import doubling_high_multiply, quantize_multiplier
from edgeml.ops.lut import round_half_away

LOW, HIGH = -32768, 32767
# C's record of a factor: edgeml_factor_s16 of kernels/int16.h
FACTOR_TYPE = "edgeml_factor_s16"
_INT32 = 2**31


def reduced_factor(factor: Array) -> Array:
    """int32 (…, 2) `multiplier, shift` with `real ~ multiplier / 2**shift`, from a factor of `quantize_multiplier`.

    The multiplier has 15 bits, as in LiteRT's `MultiplyByQuantizedMultiplier` of 64-bit values.
    """
    multiplier, shift = factor[..., 0].astype(np.int64), factor[..., 1]
    reduced = np.where(multiplier < 0x7FFF0000, (multiplier + (1 << 15)) >> 16, 0x7FFF)
    return np.stack([reduced, 15 - shift], axis=-1).astype(np.int32)


def rescale(acc: Array, factor: Array) -> Array:
    """int64 `acc` (…, C) times `factor` (C, 2) or (2,) of `reduced_factor`, rounded half up; int64."""
    multiplier, shift = factor[..., 0].astype(np.int64), factor[..., 1].astype(np.int64)
    return np.asarray((acc * multiplier + (np.int64(1) << (shift - 1))) >> shift)


def rescale_twice(acc: Array, factor: Array) -> Array:
    """int32 values `acc` (…, C) times `factor` (C, 2) of `quantize_multiplier`, rounded half up twice; int64.

    The rule of LiteRT's matrix products for fully connected int16 layers without a bias.
    """
    multiplier, shift = factor[..., 0], factor[..., 1].astype(np.int64)
    left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
    high = doubling_high_multiply((acc << left).astype(np.int32), multiplier)
    return np.asarray((high + ((np.int64(1) << right) >> 1)) >> right)


def saturate_s16(value: Array, low: int = LOW, high: int = HIGH) -> Array:
    """Integral values of any type to int16 within [low, high]."""
    return np.asarray(np.clip(value, low, high), np.int16)


def weighted_scales(bound: BoundNode) -> Array:
    """The real factor for each output channel of a node with int8 weights, float64 (C,), formed in that order."""
    weights = bound.input(1).quantization
    if weights is None:
        raise GraphError(f"{bound.node.op} '{bound.name}': int8 weights need a quantisation.")
    real = bound.input(0).type.scale * weights.scales.astype(np.float64) / bound.output.type.scale
    return np.broadcast_to(real, (bound.output.shape[-1],)).copy()


def real_records(scales: Array) -> Array:
    """float64 scales (C,) as uint32 (C, 3): the mantissa's upper 32 and lower 32 bits, and the shift behind it."""
    mantissa, exponent = np.frexp(scales)
    codes = (mantissa * 2.0**53).astype(np.uint64)
    # a smaller factor than 2^-42 makes every sum a 0, and so does this one
    shift = np.clip(53 - exponent, 33, 95)
    return np.stack([codes >> np.uint64(32), codes & np.uint64(0xFFFFFFFF), shift.astype(np.uint64)], -1).astype(
        np.uint32
    )


def weighted_factors(bound: BoundNode) -> Array:
    """The same as `reduced_factor`, int32 (C, 2)."""
    return reduced_factor(quantize_multiplier(weighted_scales(bound)))


def with_bias(bound: BoundNode, acc: Array) -> Array:
    """The sums `acc` (…, C) of a node with weights plus its bias, int64."""
    bias = bound.optional(2)
    total = acc.astype(np.int64)
    return total if bias is None or bias.data is None else total + bias.data


def sums_fit_int32(bound: BoundNode) -> bool:
    """Whether no partial sum of the products, in any order, with the bias or without, leaves int32: by the weights."""
    return bound.input(1).data is not None and largest_sum(bound) < _INT32


def largest_sum(bound: BoundNode) -> int:
    """The largest magnitude that a sum of products and bias of a node with constant weights can reach."""
    w, bias = bound.input(1), bound.optional(2)
    assert w.data is not None
    # the output channels are the first dimension, of depthwise weights the last
    axes = (0, 1, 2) if bound.node.op == "depthwise_conv_2d" else tuple(range(1, w.data.ndim))
    largest = np.abs(w.data.astype(np.int64)).sum(axes).ravel() * -LOW
    if bias is not None and bias.data is not None:
        largest = largest + np.abs(bias.data)
    return int(largest.max())


def weighted_call(bound: BoundNode, params: Mapping[str, ParamValue], scale: Table, repeat: int = 1) -> KernelCall:
    """The `<op>_s16` call of an operator with weights, or `<op>_narrow_s16` where 32 bits hold the sums.

    `params` are all but the bounds of the fused activation.
    """
    low, high = builtin_activation_range_s8(bound.node.attrs.activation, bound.output.type)  # type: ignore[attr-defined]
    params = {**params, "activation_min": low, "activation_max": high}
    bias = bound.optional(2)
    if not sums_fit_int32(bound):
        args = (Operand(0), Operand(1), Operand(2), scale, Result())
        return KernelCall(f"{bound.node.op}_s16", params, args, repeat)
    narrow = Operand(2) if bias is None or bias.data is None else Table("bias", bias.data.astype(np.int32))
    return KernelCall(f"{bound.node.op}_narrow_s16", params, (Operand(0), Operand(1), narrow, scale, Result()), repeat)


def plain_call(bound: BoundNode, params: Mapping[str, ParamValue]) -> KernelCall:
    """The call of a fully connected layer without a bias: see `rescale_twice`."""
    low, high = builtin_activation_range_s8(bound.node.attrs.activation, bound.output.type)  # type: ignore[attr-defined]
    factor = Table("factor", quantize_multiplier(weighted_scales(bound)), "edgeml_multiplier_s16")
    params = {**params, "activation_min": low, "activation_max": high}
    return KernelCall("fully_connected_plain_s16", params, (Operand(0), Operand(1), Operand(2), factor, Result()))


def sums_below_2_43(bound: BoundNode) -> bool:
    """int16 products and their bias must add up to less than 2^43"""
    return bound.output.dtype is not DType.INT16 or bound.input(1).data is None or largest_sum(bound) < 2**43


def factor_table(bound: BoundNode) -> Table:
    """`weighted_factors` as the kernels take them."""
    return Table("factor", weighted_factors(bound), FACTOR_TYPE)


def interpolation_table(values: Array, midpoints: Array) -> Array:
    """int16 (513,), Q0.15, of LiteRT's `LUTPopulate`: float64 `values` (513,) at the steps, `midpoints` (512,) between.

    Each entry is moved by half of the error that linear interpolation makes in the middle of its step.
    """
    scaled = round_half_away(values * 32768)
    between = round_half_away((values[1:] * 32768 + scaled[:-1]) / 2)
    error = between - round_half_away(midpoints * 32768)
    entries = np.append(scaled[:-1] - round_half_away(error / 2), scaled[-1])
    return saturate_s16(entries)


def interpolate(table: Array, x: Array) -> Array:
    """Value of a table of 513 entries at int16 `x`, linear between entries that are 128 apart; int64."""
    x = np.asarray(x, np.int64)
    index = 256 + (x >> 7)
    base = table.astype(np.int64)[index]
    slope = table.astype(np.int64)[index + 1] - base
    return np.asarray(base + ((slope * (x & 127) + 64) >> 7))
