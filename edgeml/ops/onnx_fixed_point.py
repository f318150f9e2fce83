"""Fixed-point arithmetic of int64 values in ONNX's operators: the rules of `int16` and `fixed_point`, bit for bit.

ONNX shifts no signed integers to the right, and its Div truncates: a shift is a division of what was made positive by
2**62, less the 2**62 afterwards.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType
from edgeml.ops.base import OnnxEmitter
from edgeml.ops.int16 import HIGH, LOW

# TensorProto's element types
UINT8, INT8, INT16, INT32, INT64, DOUBLE = 2, 3, 5, 6, 7, 11
_LIFT = 62


def cast(onnx: OnnxEmitter, value: str, kind: int) -> str:
    """`value` as another element type: integers keep their low bits, reals lose their fraction."""
    return onnx.node("Cast", [value], to=kind)


def constant(onnx: OnnxEmitter, value: Array | int) -> str:
    """An int64 constant."""
    return onnx.initializer("integer", np.asarray(value, np.int64))


def plus(onnx: OnnxEmitter, value: str, addend: Array | int) -> str:
    """`value` + `addend`."""
    return onnx.node("Add", [value, constant(onnx, addend)]) if np.any(addend) else value


def times(onnx: OnnxEmitter, value: str, factor: Array | int) -> str:
    """`value` * `factor`."""
    return value if np.all(factor == 1) else onnx.node("Mul", [value, constant(onnx, factor)])


def divided(onnx: OnnxEmitter, value: str, divisor: Array | int) -> str:
    """`value` / `divisor`, towards zero."""
    return value if np.all(divisor == 1) else onnx.node("Div", [value, constant(onnx, divisor)])


def divided_rounding(onnx: OnnxEmitter, value: str, divisor: Array | int) -> str:
    """`value` / `divisor`, to the nearest integer, halves away from zero; `divisor` is positive."""
    if np.all(divisor == 1):
        return value
    # Div truncates what lies half a step farther out
    away = times(onnx, onnx.node("Sign", [value]), np.asarray(divisor) // 2)
    return divided(onnx, onnx.node("Add", [value, away]), divisor)


def clipped(onnx: OnnxEmitter, value: str, low: int, high: int) -> str:
    """`value` within [low, high]."""
    return onnx.node("Clip", [value, constant(onnx, low), constant(onnx, high)])


def saturated(onnx: OnnxEmitter, value: str, low: int = LOW, high: int = HIGH, dtype: DType = DType.INT16) -> str:
    """`saturate_s16`, or the same for int8."""
    return cast(onnx, clipped(onnx, value, low, high), INT8 if dtype is DType.INT8 else INT16)


def shifted_right(onnx: OnnxEmitter, value: str, shift: Array | int, rounding: Array | int) -> str:
    """`(value + rounding) >> shift`, for sums within ±2**62 and shifts up to 62."""
    shift = np.asarray(shift, np.int64)
    if not np.any(shift):
        return plus(onnx, value, rounding)
    value = plus(onnx, value, np.asarray(rounding, np.int64) + (np.int64(1) << _LIFT))
    return plus(onnx, divided(onnx, value, np.int64(1) << shift), -(np.int64(1) << (_LIFT - shift)))


def rescaled(onnx: OnnxEmitter, acc: str, factor: Array, bias: Array | int = 0) -> str:
    """`rescale` of `acc` + `bias`; `factor` (…, 2) broadcasts against `acc`."""
    multiplier, shift = (factor[..., i].astype(np.int64) for i in (0, 1))
    rounding = np.asarray(bias, np.int64) * multiplier + (np.int64(1) << (shift - 1))
    return shifted_right(onnx, times(onnx, acc, multiplier), shift, rounding)


def rescaled_twice(onnx: OnnxEmitter, acc: str, factor: Array, reach: int) -> str:
    """`rescale_twice`, for |acc| up to `reach`."""
    right = np.maximum(-factor[..., 1].astype(np.int64), 0)
    return shifted_right(onnx, _high_product(onnx, acc, factor, reach), right, (np.int64(1) << right) >> 1)


def rescaled_once(onnx: OnnxEmitter, x: str, factor: Array, left: int) -> str:
    """`multiply_rounded_once` of `x << left`, which must fit in int32."""
    shift = np.int64(31) - factor[..., 1]
    scaled = times(onnx, x, factor[..., 0].astype(np.int64) << left)
    return shifted_right(onnx, scaled, shift, np.int64(1) << (shift - 1))


def multiplied(onnx: OnnxEmitter, x: str, factor: Array, reach: int) -> str:
    """`multiply_by_quantized_multiplier`, for |x| up to `reach`."""
    right = np.maximum(-factor[..., 1].astype(np.int64), 0)
    return divided_rounding(onnx, _high_product(onnx, x, factor, reach), np.int64(1) << right)


def _high_product(onnx: OnnxEmitter, x: str, factor: Array, reach: int) -> str:
    """`doubling_high_multiply` of `x`, shifted left in 32 bits where the factor's shift is positive."""
    multiplier, left = factor[..., 0].astype(np.int64), np.maximum(factor[..., 1].astype(np.int64), 0)
    if reach << int(left.max()) < 2**31:
        multiplier = multiplier << left
    else:
        # what does not fit is lost, there as here
        x = cast(onnx, cast(onnx, times(onnx, x, np.int64(1) << left), INT32), INT64)
    return shifted_right(onnx, times(onnx, x, multiplier), 31, 1 << 30)


def looked_up(onnx: OnnxEmitter, table: Array, index: str) -> str:
    """The entries of `table` at int64 `index`."""
    return onnx.node("Gather", [onnx.initializer("table", table), index])


def interpolated(onnx: OnnxEmitter, table: Array, x: str) -> str:
    """`interpolate` of int64 `x` within the range of int16."""
    entries = table.astype(np.int64)
    positive = plus(onnx, x, -LOW)
    index = divided(onnx, positive, 128)
    rest = onnx.node("Mod", [positive, constant(onnx, 128)])
    rise = onnx.node("Mul", [looked_up(onnx, np.diff(entries), index), rest])
    total = onnx.node("Add", [looked_up(onnx, entries[:-1] << 7, index), rise])
    return shifted_right(onnx, total, 7, 64)
