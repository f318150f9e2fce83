"""int8 operators of one input as a table of 256 results: the compiler evaluates, the device looks up."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, TensorType
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
