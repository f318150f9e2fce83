"""int8 operators of one input as a table of 256 results: the compiler evaluates, the device looks up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics, TensorType
from edgeml.ops.base import KernelCall, Operand, Result, Table
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier

# every int8 value in ascending order; entry i of a table is the result for VALUES[i] = i - 128
VALUES: Array = np.arange(-128, 128, dtype=np.int32)


def look_up(table: Array, x: Array) -> Array:
    """`table` (256,) int8, indexed by int8 `x` + 128."""
    return np.asarray(table[x.astype(np.int16) + 128], np.int8)


def lut_call(bound: BoundNode, table: Array) -> KernelCall:
    """The C call `lut_s8`; `table` is indexed by `(uint8_t)(x + 128)`."""
    params = {"size": bound.output.type.elements}
    return KernelCall("lut_s8", params, (Operand(0), Table("table", table), Result()))


def saturate(value: Any) -> Array:
    """Integral values of any type to int8 by saturation."""
    return np.asarray(np.clip(value, -128, 127), np.int8)


def fixed_input(x: TensorType) -> tuple[Array, Array]:
    """The reals behind VALUES with 4 integer bits, and which of them are too far from 0 for that (there: 0).

    TensorFlow Lite Micro's input of tanh and logistic; `CalculateInputRadius` says what too far is.
    """
    factor = quantize_multiplier(x.scale * 2.0**27)
    radius = np.floor(15 * 2.0 ** (27 - int(factor[1])))
    steps = VALUES - x.zero_point
    beyond = np.abs(steps) >= radius
    return multiply_by_quantized_multiplier(np.where(beyond, 0, steps), factor), beyond


def real_values(bound: BoundNode) -> Array:
    """float32 value of each int8 value of the input."""
    x = bound.input(0).type
    return (VALUES - x.zero_point).astype(np.float32) * np.float32(x.scale)


def float_table(bound: BoundNode, function: Callable[[Array], Array]) -> Array:
    """What dequantize, the float32 function and quantize compute one after the other; NaN becomes real zero.

    The function is evaluated in float64: NumPy's float32 functions differ between machines by an ulp.
    """
    y = bound.output.type
    with np.errstate(all="ignore"):
        value = function(real_values(bound).astype(np.float64)).astype(np.float32)
        steps = np.rint(value * (np.float32(1) / np.float32(y.scale)))
    return saturate(np.nan_to_num(steps, nan=0.0, posinf=1e9, neginf=-1e9) + y.zero_point)


def round_half_away(x: Array) -> Array:
    """C's `round`: halves away from zero."""
    size = np.floor(np.abs(x))
    return np.asarray(np.copysign(size + (np.abs(x) - size >= 0.5), x))


def builtin_table(bound: BoundNode, function: Callable[[Array], Array]) -> Array:
    """LiteRT's own tables (`LUTPopulate`): as `float_table`, but rounded half away from zero."""
    y = bound.output.type
    with np.errstate(all="ignore"):
        value = function(real_values(bound).astype(np.float64)).astype(np.float32)
        steps = round_half_away(value * (np.float32(1) / np.float32(y.scale)))
    return saturate(np.nan_to_num(steps, nan=0.0, posinf=1e9, neginf=-1e9) + y.zero_point)


def delegate_table(bound: BoundNode, function: Callable[[Array], Array]) -> Array:
    """Tables of LiteRT's delegate: the zero point is added in float32 before rounding half to even."""
    y = bound.output.type
    with np.errstate(all="ignore"):
        value = function(real_values(bound).astype(np.float64)).astype(np.float32)
        return saturate(np.rint(value / np.float32(y.scale) + np.float32(y.zero_point)))


def builtin_ratio(bound: BoundNode) -> float:
    """Input scale / output scale as built-in kernels form it: LiteRT in float32, TensorFlow Lite Micro in float64."""
    x, y = bound.input(0).type, bound.output.type
    if bound.numerics is Numerics.TFLM:
        return x.scale / y.scale
    return float(np.float32(x.scale) / np.float32(y.scale))
