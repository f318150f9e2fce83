"""logistic and tanh of int16 fixed-point values, as gemmlowp's `fixedpoint.h` computes them for LiteRT's integer LSTM.

A value with n integer bits is `raw / 2**(15 - n)`. `kernels/fixed_point_s16.h` is the same in C; the constants and the
order of the roundings are gemmlowp's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from edgeml.ir import Array
from edgeml.ops.fixed_point import divide_by_power_of_two

_LOW, _HIGH = -32768, 32767
# exp(-2^exponent) as Q0.31, for exponents -2 to 4
_EXPONENTIALS = (
    (-2, 1672461947),
    (-1, 1302514674),
    (0, 790015084),
    (1, 290630308),
    (2, 39332535),
    (3, 720401),
    (4, 242),
)


def logistic_s16(x: Array, integer_bits: int = 3) -> Array:
    """Q0.15 logistic of int16 values with `integer_bits`; 0.5 is exact at zero."""
    return _table("logistic", integer_bits)[np.asarray(x, np.int64) - _LOW]


def tanh_s16(x: Array, integer_bits: int = 3) -> Array:
    """Q0.15 tanh of int16 values with `integer_bits`, 0 to 6."""
    return _table("tanh", integer_bits)[np.asarray(x, np.int64) - _LOW]


@lru_cache(maxsize=16)
def _table(function: str, integer_bits: int) -> Array:
    """All 65,536 values: the function has no other argument."""
    x = np.arange(_LOW, _HIGH + 1, dtype=np.int64)
    table = (_logistic if function == "logistic" else _tanh)(x, integer_bits)
    table.flags.writeable = False
    return table


def _logistic(x: Array, integer_bits: int) -> Array:
    # -(-32768) wraps, as it does in 16 bits
    size = _wrap(np.where(x > 0, x, -x))
    above = _one_over_one_plus(_exp_on_negative(_wrap(-size), integer_bits))
    return np.where(x == 0, 1 << 14, np.where(x > 0, above, _wrap(_HIGH - above)))


def _tanh(x: Array, integer_bits: int) -> Array:
    below = np.where(x < 0, x, -x)
    # twice the value: one integer bit more, the same raw number
    t = _one_minus_over_one_plus(_exp_on_negative(below, integer_bits + 1))
    return np.where(x == 0, 0, np.where(x < 0, -t, t))


def _exp_on_negative(a: Array, integer_bits: int) -> Array:
    """exp of a value in (-2^integer_bits, 0] as Q0.15."""
    fraction = 15 - integer_bits
    quarter = 1 << (fraction - 2)
    rest = (a & (quarter - 1)) - quarter
    result = _exp_near_zero(_multiply_by_power(rest, integer_bits))
    remainder = rest - a
    for exponent, factor in _EXPONENTIALS:
        if integer_bits > exponent:
            bit = 1 << (fraction + exponent)
            result = np.where(remainder & bit, _multiply(result, _constant(factor)), result)
    if integer_bits > 5:
        result = np.where(a < -(1 << (20 - integer_bits)), 0, result)
    return np.where(a == 0, _HIGH, result)


def _exp_near_zero(a: Array) -> Array:
    """exp of a Q0.15 value in [-1/4, 0): Taylor's series around -1/8."""
    x = a + (1 << 12)
    x2 = _multiply(x, x)
    x3 = _multiply(x2, x)
    x4 = _multiply(x2, x2)
    third = _multiply(_wrap(divide_by_power_of_two(x4, 2) + x3), _constant(715827883))
    series = divide_by_power_of_two(_wrap(third + x2), 1)
    base = _constant(1895147668)
    return np.asarray(np.clip(base + _multiply(_wrap(x + series), base), _LOW, _HIGH))


def _one_over_one_plus(a: Array) -> Array:
    """1 / (1 + a) for a Q0.15 value in [0, 1]."""
    return divide_by_power_of_two(_multiply_by_power(_reciprocal(a), 1), 0)


def _one_minus_over_one_plus(a: Array) -> Array:
    """(1 - a) / (1 + a) for a Q0.15 value in [0, 1]."""
    return _multiply_by_power(_wrap(_reciprocal(a) - (1 << 13)), 2)


def _reciprocal(a: Array) -> Array:
    """2 / (1 + a) with 2 integer bits: three steps of Newton and Raphson from 48/17 - 32/17 d."""
    total = a + _HIGH
    half = np.where(total >= 0, (total + 1) >> 1, -((1 - total) >> 1))
    x = _wrap(_constant(1515870810) + _multiply(half, _constant(-1010580540)))
    for _ in range(3):
        rest = _wrap((1 << 13) - _multiply(half, x))
        x = _wrap(x + _multiply_by_power(_multiply(x, rest), 2))
    return x


def _constant(q31: int) -> int:
    """A Q.31 constant in 16 bits, rounded half away from zero."""
    return int(divide_by_power_of_two(np.asarray(q31), 16))


def _multiply(a: Array | int, b: Array | int) -> Array:
    """a * b / 2^15, rounded half away from zero, saturated (SaturatingRoundingDoublingHighMul)."""
    product = np.asarray(a, np.int64) * b
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return np.asarray(np.minimum(np.sign(nudged) * (np.abs(nudged) >> 15), _HIGH))


def _multiply_by_power(a: Array, exponent: int) -> Array:
    """a * 2^exponent, saturated; exponent 0 or more."""
    return np.asarray(np.clip(np.asarray(a, np.int64) << exponent, _LOW, _HIGH))


def _wrap(a: Array) -> Array:
    return np.asarray(a, np.int64).astype(np.int16).astype(np.int64)
