"""int8 operators of one input as a table of 256 results: the compiler evaluates, the device looks up."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Table

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
