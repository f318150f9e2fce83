"""logistic and tanh of int16 codes of any scale, as LiteRT computes them: one table of the logistic function.

The table holds 65536 / (1 + exp(-i / 24)) for i = 0 … 255, between which the functions are linear; each entry is moved
by half of the error that this makes in the middle. `kernels/sigmoid.h` is the same in C.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, OnnxEmitter, Operand, Result, Table
from edgeml.ops.int16 import HIGH, LOW
from edgeml.ops.onnx_fixed_point import INT16, INT64, cast, constant, divided, looked_up, plus, shifted_right, times

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


@dataclass(frozen=True)
class _Form:
    """A function in steps of the table's / 2**`bits`: `most` from the last entry on, `middle` at 0, odd around it.

    The result is `offset` at 0 and loses `shift` bits.
    """

    bits: int
    most: int
    middle: int
    offset: int
    shift: int

    def entries(self) -> Array:
        """int64 (256,): the function where the table has an entry."""
        return np.append(TABLE[:255] << self.bits, self.most)

    def slopes(self) -> Array:
        """int64 (256,): what a step adds behind each entry."""
        return np.append(np.diff(TABLE), 0)


_FORMS = {
    "logistic": _Form(bits=9, most=0x7FFF << 10, middle=1 << 24, offset=1 << 24, shift=10),
    "tanh": _Form(bits=8, most=0xFFFF << 8, middle=1 << 23, offset=0, shift=8),
}


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
    return _code(x, scale, _FORMS["logistic"])


def tanh_code(x: Array, scale: InputScale) -> Array:
    """Q0.15 tanh of int16 codes: 2 logistic(2 x) - 1."""
    return _code(x, scale, _FORMS["tanh"])


def _code(x: Array, scale: InputScale, form: _Form) -> Array:
    rounding = (1 << scale.shift) >> 1
    argument = (x.astype(np.int64) * scale.multiplier + rounding) >> scale.shift
    size = np.abs(argument)
    whole, between = np.minimum(size >> form.bits, 255), size & ((1 << form.bits) - 1)
    # the function is odd around its middle, but halves are rounded up on both sides
    above = form.entries()[whole] + between * form.slopes()[whole] - form.middle
    value = np.where(argument >= 0, above, -1 - above)
    return np.asarray((value + form.offset + (1 << (form.shift - 1))) >> form.shift, np.int16)


def sigmoid_onnx(
    bound: BoundNode, onnx: OnnxEmitter, function: str, powers: int, codes: Callable[[Array], Array]
) -> None:
    """`function`, logistic or tanh, in ONNX's operators; `codes` is its reference.

    Where LiteRT leaves its table for gemmlowp's functions, which would be a hundred operators, all codes are looked up.
    """
    x = cast(onnx, onnx.codes(bound, 0), INT64)
    if binary_shift(bound, powers) >= 0:
        table = codes(np.arange(LOW, HIGH + 1).astype(np.int16))
        onnx.output_codes(bound, looked_up(onnx, table, plus(onnx, x, -LOW)))
        return
    form, scale = _FORMS[function], input_scale(bound)
    argument = shifted_right(onnx, times(onnx, x, scale.multiplier), scale.shift, (1 << scale.shift) >> 1)
    size, step = onnx.node("Abs", [argument]), 1 << form.bits
    whole = onnx.node("Min", [divided(onnx, size, step), constant(onnx, 255)])
    rise = looked_up(onnx, form.slopes(), whole)
    rise = onnx.node("Mul", [rise, onnx.node("Mod", [size, constant(onnx, step)])])
    value = onnx.node("Add", [looked_up(onnx, form.entries(), whole), rise])
    # the function is odd around its middle, but halves are rounded up on both sides
    value = plus(onnx, value, -form.middle)
    above = onnx.node("GreaterOrEqual", [argument, constant(onnx, 0)])
    value = onnx.node("Where", [above, value, onnx.node("Sub", [constant(onnx, -1), value])])
    value = shifted_right(onnx, value, form.shift, form.offset + (1 << (form.shift - 1)))
    onnx.output_codes(bound, cast(onnx, value, INT16))


def sigmoid_call(bound: BoundNode, function: str, powers: int) -> KernelCall:
    """The C call of `function`, logistic or tanh."""
    size, shift = bound.output.type.elements, binary_shift(bound, powers)
    if shift >= 0:
        return KernelCall(f"{function}_binary_s16", {"size": size, "shift": shift}, (Operand(0), Result()))
    scale = input_scale(bound)
    params = {"size": size, "multiplier": scale.multiplier, "shift": scale.shift}
    return KernelCall(f"{function}_s16", params, (Operand(0), Table("table", TABLE.astype(np.uint16)), Result()))
