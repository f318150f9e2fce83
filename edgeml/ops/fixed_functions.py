"""gemmlowp's fixed-point functions, which TensorFlow Lite Micro's int8 softmax, logistic and tanh are made of.

A value "with n integer bits" is an int32 whose real value is raw * 2**(n - 31); all arrays here are int64 that hold
such int32 values. The formulas and constants are those of gemmlowp's `fixedpoint/fixedpoint.h`.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array
from edgeml.ops.fixed_point import divide_by_power_of_two, doubling_high_multiply

INT32_MAX = 2**31 - 1
# exp(-1/8) and 1/3 without integer bits
_EXP_EIGHTH, _THIRD = 1895147668, 715827883
# exponent e -> exp(-2**e) without integer bits
_EXP_OF_POWERS = (
    (-2, 1672461947), (-1, 1302514674), (0, 790015084), (1, 290630308), (2, 39332535), (3, 720401), (4, 242),
)  # fmt: skip
# 48/17 and -32/17 with 2 integer bits: the first guess of a Newton division
_GUESS, _SLOPE = 1515870810, -1010580540


def exp_on_negative_values(x: Array, integer_bits: int) -> Array:
    """exp(x) without integer bits, for x <= 0 with `integer_bits` (0..5)."""
    fraction = 31 - integer_bits
    quarter = 1 << (fraction - 2)
    x = np.asarray(x, np.int64)
    # x is a multiple of -1/4 plus a rest in [-1/4, 0), for which a Taylor series around -1/8 does
    rest = (x & (quarter - 1)) - quarter
    t = (rest << integer_bits) + (1 << 28)
    t2 = doubling_high_multiply(t, t)
    t3, t4 = doubling_high_multiply(t2, t), doubling_high_multiply(t2, t2)
    series = doubling_high_multiply(divide_by_power_of_two(t4, 2) + t3, _THIRD) + t2
    result = _EXP_EIGHTH + doubling_high_multiply(_EXP_EIGHTH, t + divide_by_power_of_two(series, 1))
    steps = rest - x
    for exponent, factor in _EXP_OF_POWERS:
        if exponent < integer_bits:
            bit = (steps >> (fraction + exponent)) & 1
            result = np.where(bit == 1, doubling_high_multiply(result, factor), result)
    return np.asarray(np.where(x == 0, INT32_MAX, result), np.int64)


def one_over_one_plus(x: Array) -> Array:
    """1 / (1 + x) for x in [0, 1), both without integer bits."""
    return np.asarray(np.minimum(_reciprocal_of_half_denominator(x) << 1, INT32_MAX), np.int64)


def one_minus_over_one_plus(x: Array) -> Array:
    """(1 - x) / (1 + x) for x in [0, 1), both without integer bits."""
    return np.asarray(np.minimum((_reciprocal_of_half_denominator(x) - (1 << 29)) << 2, INT32_MAX), np.int64)


def _reciprocal_of_half_denominator(x: Array) -> Array:
    """2 / (1 + x) with 2 integer bits, by three Newton steps."""
    half = (np.asarray(x, np.int64) + (1 << 31)) >> 1
    y = _GUESS + doubling_high_multiply(half, _SLOPE)
    for _ in range(3):
        error = (1 << 29) - doubling_high_multiply(half, y)
        y = y + np.clip(doubling_high_multiply(y, error) << 2, -INT32_MAX - 1, INT32_MAX)
    return np.asarray(y, np.int64)


def logistic(x: Array, integer_bits: int) -> Array:
    """1 / (1 + exp(-x)) without integer bits."""
    x = np.asarray(x, np.int64)
    positive = one_over_one_plus(exp_on_negative_values(-np.abs(x), integer_bits))
    return np.asarray(np.where(x > 0, positive, np.where(x < 0, INT32_MAX - positive, 1 << 30)), np.int64)


def tanh(x: Array, integer_bits: int) -> Array:
    """tanh(x) without integer bits."""
    x = np.asarray(x, np.int64)
    # 2x is x with one integer bit more
    magnitude = one_minus_over_one_plus(exp_on_negative_values(-np.abs(x), integer_bits + 1))
    return np.asarray(np.sign(x) * magnitude, np.int64)
