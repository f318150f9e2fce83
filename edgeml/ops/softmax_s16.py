"""softmax of int16 codes, as LiteRT computes it: exponentials and a reciprocal from interpolated tables.

`kernels/softmax_s16.c` is the same in C.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, OnnxEmitter, Operand, Result, Table
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.int16 import HIGH, LOW, interpolate, interpolation_table, saturate_s16
from edgeml.ops.onnx_fixed_point import (
    INT64,
    cast,
    clipped,
    constant,
    divided,
    interpolated,
    multiplied,
    plus,
    saturated,
)

# the exponentials' argument: 0 … 65535 codes are -10 … 0; smaller ones are taken for -10
_RANGE = 10.0
_CODES = 65535.0
_ENTRIES = 513


@cache
def exponentials() -> Array:
    """int16 (513,): exp from -10 to 0 in Q0.15."""
    return _table(-_RANGE, _RANGE, np.exp)


@cache
def reciprocals() -> Array:
    """int16 (513,): 1 / (1 + x) from 0 to 1 in Q0.15."""
    return _table(0.0, 1.0, lambda x: 1.0 / (1.0 + x))


def _table(first: float, width: float, function: Callable[[Array], Array]) -> Array:
    step = width / (_ENTRIES - 1)
    points = first + step * np.arange(_ENTRIES)
    table = interpolation_table(function(points), function(points[:-1] + step / 2))
    table.flags.writeable = False
    return table


def difference_factor(bound: BoundNode) -> Array:
    """int32 (2,): from codes of the input to those of the exponentials' argument."""
    beta = np.float32(bound.node.attrs.beta)  # type: ignore[attr-defined]
    scale = np.float32(bound.input(0).type.scale) * beta
    return quantize_multiplier(float(scale) / (_RANGE / _CODES))


def softmax_s16(x: Array, factor: Array) -> Array:
    """Q0.15 softmax of the last dimension of int16 `x`."""
    wide = x.astype(np.int64)
    difference = multiply_by_quantized_multiplier(wide - wide.max(axis=-1, keepdims=True), factor)
    exps = interpolate(exponentials(), np.clip(difference + HIGH, LOW, HIGH))
    total = exps.sum(axis=-1, keepdims=True)
    # leading zeros of the sum in 32 bits: total = (1 + fraction) * 2**(31 - zeros)
    zeros = 31 - np.floor(np.log2(total)).astype(np.int64)
    shifted = ((total << (zeros - 1)) + (1 << 13)) >> 14
    reciprocal = interpolate(reciprocals(), np.clip(shifted - (1 << 15) - (1 << 16), LOW, HIGH))
    right = 31 - zeros
    shares = (exps * reciprocal + (np.int64(1) << (right - 1))) >> right
    return saturate_s16(shares, 0, HIGH)


def softmax_s16_onnx(bound: BoundNode, onnx: OnnxEmitter) -> None:
    """The same in ONNX's operators."""
    rank = len(bound.input(0).shape)
    axis = onnx.axis(rank, rank - 1)
    x = cast(onnx, onnx.codes(bound, 0), INT64)
    below = onnx.node("Sub", [x, onnx.node("ReduceMax", [x], axes=[axis], keepdims=1)])
    difference = plus(onnx, multiplied(onnx, below, difference_factor(bound), HIGH - LOW), HIGH)
    exps = interpolated(onnx, exponentials(), clipped(onnx, difference, LOW, HIGH))
    total = onnx.node("ReduceSum", [exps, constant(onnx, np.asarray([axis]))], keepdims=1)
    # the largest power of two that is not above the sum: 2**right
    powers = constant(onnx, np.int64(1) << np.arange(31))
    column = onnx.node("Unsqueeze", [total, constant(onnx, np.asarray([rank]))])
    reached = onnx.node("Where", [onnx.node("GreaterOrEqual", [column, powers]), powers, constant(onnx, 1)])
    power = onnx.node("ReduceMax", [reached], axes=[rank], keepdims=0)
    # all are positive, so that Div is a shift
    normal = onnx.node("Mul", [total, onnx.node("Div", [constant(onnx, 1 << 30), power])])
    shifted = plus(onnx, divided(onnx, plus(onnx, normal, 1 << 13), 1 << 14), -(1 << 15) - (1 << 16))
    reciprocal = interpolated(onnx, reciprocals(), clipped(onnx, shifted, LOW, HIGH))
    product = onnx.node("Add", [onnx.node("Mul", [exps, reciprocal]), divided(onnx, power, 2)])
    onnx.output_codes(bound, saturated(onnx, onnx.node("Div", [product, power]), 0, HIGH))


def softmax_s16_call(bound: BoundNode, rows: int) -> KernelCall:
    """The same as a C call."""
    multiplier, shift = difference_factor(bound).tolist()
    depth = bound.input(0).shape[-1]
    params = {"rows": rows, "depth": depth, "multiplier": multiplier, "shift": shift}
    tables = (Table("exponentials", exponentials()), Table("reciprocals", reciprocals()))
    return KernelCall("softmax_s16", params, (Operand(0), *tables, Result()))
