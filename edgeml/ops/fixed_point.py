"""gemmlowp's fixed-point multiplication: TensorFlow Lite Micro's, and that of LiteRT's built-in kernels.

`kernels/fixed_point.h` is the same in C.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array


def quantize_multiplier(real: Array | float) -> Array:
    """int32 (…, 2): multiplier and shift with `real ~ multiplier * 2**(shift - 31)`, multiplier in [2**30, 2**31).

    `real` is positive, float64 (…). Below 2**-32 the multiplier is 0, as in TensorFlow Lite's `QuantizeMultiplier`.
    """
    mantissa, shift = np.frexp(np.asarray(real, np.float64))
    multiplier = np.floor(mantissa * 2.0**31 + 0.5).astype(np.int64)
    full = multiplier == 2**31
    multiplier, shift = np.where(full, 2**30, multiplier), shift + full
    tiny = shift < -31
    return np.stack([np.where(tiny, 0, multiplier), np.where(tiny, 0, shift)], axis=-1).astype(np.int32)


def doubling_high_multiply(a: Array | int, b: Array | int) -> Array:
    """`a * b / 2**31` of int32 values, rounded half up (gemmlowp's SaturatingRoundingDoublingHighMul), int64."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    return np.asarray(np.minimum((product + (1 << 30)) >> 31, 2**31 - 1), np.int64)


def divide_by_power_of_two(x: Array, exponent: Array | int) -> Array:
    """`x / 2**exponent`, rounded half away from zero (gemmlowp's RoundingDivideByPOT); exponent 0..31."""
    x, exponent = np.asarray(x, np.int64), np.asarray(exponent, np.int64)
    mask = (np.int64(1) << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    return np.asarray((x >> exponent) + ((x & mask) > threshold), np.int64)


def multiply_rounded_once(x: Array, factor: Array) -> Array:
    """int32 `x` times `factor` (2,) of `quantize_multiplier`, its shift 0 or less, rounded half up once; int64."""
    shift = np.int64(31) - factor[..., 1]
    return np.asarray((np.asarray(x, np.int64) * factor[..., 0] + (np.int64(1) << (shift - 1))) >> shift)


def multiply_by_quantized_multiplier(x: Array, factor: Array) -> Array:
    """`x` (…, C), int32 values, times `factor` (C, 2) or (2,) of `quantize_multiplier`, rounded twice; int64.

    For a positive shift `x` is first shifted left in 32 bits: what does not fit is lost, there as here.
    """
    multiplier, shift = factor[..., 0], factor[..., 1]
    left = np.maximum(shift, 0).astype(np.int64)
    shifted = (np.asarray(x, np.int64) << left).astype(np.int32)
    return divide_by_power_of_two(doubling_high_multiply(shifted, multiplier), np.maximum(-shift, 0))
