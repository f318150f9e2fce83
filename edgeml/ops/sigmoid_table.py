"""logistic and tanh of int16 codes of any scale, as LiteRT computes them: one table of the logistic function.

The table holds 65536 / (1 + exp(-i / 24)) for i = 0 … 255, between which the functions are linear; each entry is moved
by half of the error that this makes in the middle. `kernels/sigmoid.h` is the same in C.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Table

# steps of the table for 1, times the codes that stand for 1 with 3 integer bits
_STEPS_OF_ONE = 3.0 * 4096.0


def _table() -> Array:
    at, between, after = (65536 / (1 + np.exp(-(np.arange(256) + d) / 24.0)) for d in (0.0, 0.5, 1.0))
    # the last entry is where the function saturates
    return np.append(np.rint(at - ((at + after) / 2 - between) / 2)[:-1], 65535).astype(np.int64)


TABLE: Array = _table()


@dataclass(frozen=True)
class InputScale:
    """A code times `multiplier`, shifted right by `shift`, is the argument in 2^-9 (tanh: 2^-8) steps of the table."""

    multiplier: int
    shift: int


def binary_shift(bound: BoundNode, powers: int) -> int:
    """The shift to the left that makes codes of 3 integer bits of the input's, below `powers`; -1 where there is none.

    LiteRT computes such inputs with gemmlowp's fixed-point functions instead of the table.
    """
    # LiteRT's `CheckedLog2`, in float32
    scale = np.float32(bound.input(0).type.scale)
    logarithm = np.log(scale) * np.float32(1 / np.log(np.float32(2)))
    shift = 12 + int(np.rint(logarithm))
    near = abs(logarithm - np.rint(logarithm)) < np.float32(1e-3)
    return shift if near and 0 <= shift < powers else -1


def input_scale(bound: BoundNode) -> InputScale:
    """As LiteRT's `SigmoidPrepare` and `TanhPrepare` form it."""
    scale = float(np.float32(bound.input(0).type.scale))
    multiplier, shift = scale * _STEPS_OF_ONE, 0
    while multiplier <= 32767.0 / 2.0 and shift <= 30:
        multiplier, shift = multiplier * 2, shift + 1
    return InputScale(int(multiplier), shift)


def logistic_code(x: Array, scale: InputScale) -> Array:
    """Q0.15 logistic of int16 codes."""
    argument = _argument(x, scale)
    value = _interpolated(np.abs(argument), 9, 0x7FFF << 10)
    value = np.where(argument >= 0, value + (1 << 9), (1 << 25) - value + (1 << 9) - 1)
    return (value >> 10).astype(np.int16)


def tanh_code(x: Array, scale: InputScale) -> Array:
    """Q0.15 tanh of int16 codes: 2 logistic(2 x) - 1."""
    argument = _argument(x, scale)
    value = _interpolated(np.abs(argument), 8, 0xFFFF << 8)
    value = np.where(argument >= 0, value - (1 << 23) + (1 << 7), -value + (1 << 23) + (1 << 7) - 1)
    return (value >> 8).astype(np.int16)


def _argument(x: Array, scale: InputScale) -> Array:
    rounding = (1 << scale.shift) >> 1
    return np.asarray((x.astype(np.int64) * scale.multiplier + rounding) >> scale.shift)


def _interpolated(size: Array, bits: int, most: int) -> Array:
    """The table at `size` / 2**bits, times 2**bits; `most` from its last entry on."""
    whole = np.minimum(size >> bits, 254)
    low = TABLE[whole]
    value = (low << bits) + (size & ((1 << bits) - 1)) * (TABLE[whole + 1] - low)
    return np.asarray(np.where(size >> bits >= 255, most, value))


def sigmoid_call(bound: BoundNode, function: str, powers: int) -> KernelCall:
    """The C call of `function`, logistic or tanh."""
    size, shift = bound.output.type.elements, binary_shift(bound, powers)
    if shift >= 0:
        return KernelCall(f"{function}_binary_s16", {"size": size, "shift": shift}, (Operand(0), Result()))
    scale = input_scale(bound)
    params = {"size": size, "multiplier": scale.multiplier, "shift": scale.shift}
    return KernelCall(f"{function}_s16", params, (Operand(0), Table("table", TABLE.astype(np.uint16)), Result()))
